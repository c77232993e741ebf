package ingest

import "net"

// thin makes a connection cheap for who pays by volume. Go's keep-alive probes,
// one in 15 s, would cost 18 MB a month; MQTT's signs of life are enough. And
// an answer that follows within 40 ms carries TCP's acknowledgement along.
func thin(c net.Conn) {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return
	}
	_ = tcp.SetKeepAlive(false) // a connection that is already gone shows itself at once
	delayAcknowledgements(tcp)
}
