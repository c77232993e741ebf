package api

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

func (s *Server) pageRoutes(*echo.Echo) {}

func (s *Server) failPage(w http.ResponseWriter, _ *http.Request, p *problem) {
	http.Error(w, p.detail, p.status)
}
