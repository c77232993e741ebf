-- +goose Up
-- The certificates of gateways. Beside the one in use a renewed one may stand
-- until it is seen in use, so that an answer lost on the way locks nobody out.
-- Ended ones stay for the revocation list.
CREATE TABLE gateway_certificate (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  gateway_id  bigint NOT NULL,
  fingerprint bytea NOT NULL CONSTRAINT gateway_certificate_fingerprint CHECK (length(fingerprint) = 32), -- SHA-256
  certificate bytea NOT NULL DEFAULT '', -- DER; '': issued before this table, learned when it connects
  serial      bytea NOT NULL DEFAULT '', -- big-endian, as in the revocation list
  issued_at   timestamptz NOT NULL DEFAULT now(),
  not_after   timestamptz NOT NULL,
  used_at     timestamptz, -- first seen in use
  ended_at    timestamptz, -- replaced or revoked; NULL: may be used
  PRIMARY KEY (tenant_id, gateway_id, fingerprint),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES gateway
);
CREATE INDEX gateway_certificate_id ON gateway_certificate (gateway_id);
CREATE INDEX gateway_certificate_ended ON gateway_certificate (not_after) WHERE ended_at IS NOT NULL;
SELECT isolate('gateway_certificate', 'SELECT, INSERT, UPDATE (certificate, serial, not_after, used_at, ended_at)', 'SELECT');
CREATE POLICY lookup ON gateway_certificate TO tikklok_lookup USING (true);
GRANT SELECT ON gateway_certificate TO tikklok_lookup;

INSERT INTO gateway_certificate (tenant_id, gateway_id, fingerprint, issued_at, not_after, ended_at)
SELECT tenant_id, gateway_id, certificate, created_at, created_at + interval '2 years', revoked_at
FROM gateway WHERE length(certificate) = 32;

DROP FUNCTION gateway_by_id(bigint);
ALTER TABLE gateway DROP COLUMN certificate;

-- Whose gateway is this, before a tenant is known (I6). Of its certificates
-- those that may be used, and of these the ones nobody has seen in use or
-- whose content is not known yet.
-- +goose StatementBegin
CREATE FUNCTION gateway_by_id(id bigint)
RETURNS TABLE (tenant_id bigint, site_id bigint, certificates bytea[], unseen bytea[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT g.tenant_id, g.site_id, COALESCE(array_agg(c.fingerprint) FILTER (WHERE c.fingerprint IS NOT NULL), '{}'),
     COALESCE(array_agg(c.fingerprint) FILTER (WHERE c.fingerprint IS NOT NULL AND (c.used_at IS NULL OR c.certificate = '')), '{}')
   FROM gateway g LEFT JOIN gateway_certificate c ON c.tenant_id = g.tenant_id AND c.gateway_id = g.gateway_id AND c.ended_at IS NULL
   WHERE g.gateway_id = id AND g.revoked_at IS NULL GROUP BY g.tenant_id, g.site_id $$;
-- +goose StatementEnd
ALTER FUNCTION gateway_by_id(bigint) OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION gateway_by_id(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gateway_by_id(bigint) TO tikklok_app, tikklok_ingest;

-- What the revocation list names: serial numbers, nothing of a tenant (I6).
-- +goose StatementBegin
CREATE FUNCTION revoked_certificates() RETURNS TABLE (serial bytea, ended_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT c.serial, c.ended_at FROM gateway_certificate c
   WHERE c.ended_at IS NOT NULL AND c.not_after > now() AND c.serial <> '' ORDER BY c.serial $$;
-- +goose StatementEnd
ALTER FUNCTION revoked_certificates() OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION revoked_certificates() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION revoked_certificates() TO tikklok_app, tikklok_ingest;

-- One-time codes: whoever types one on a device makes it that gateway. Only a
-- hash is kept; the secret has 80 random bits, so that it needs no salt.
CREATE TABLE enrolment_code (
  tenant_id   bigint NOT NULL REFERENCES tenant,
  gateway_id  bigint NOT NULL,
  hash        bytea NOT NULL CONSTRAINT enrolment_code_hash CHECK (length(hash) = 32), -- SHA-256
  made_at     timestamptz NOT NULL DEFAULT now(),
  valid_until timestamptz NOT NULL,
  used_at     timestamptz,
  used_key    bytea NOT NULL DEFAULT '', -- SHA-256 of the public key it was used for
  revoked_at  timestamptz, -- a newer one was made, or the gateway revoked
  PRIMARY KEY (tenant_id, gateway_id, hash),
  CONSTRAINT enrolment_code_once UNIQUE (hash),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES gateway
);
SELECT isolate('enrolment_code', 'SELECT, INSERT, UPDATE (used_at, used_key, revoked_at)');
CREATE POLICY lookup ON enrolment_code TO tikklok_lookup USING (true);
GRANT SELECT ON enrolment_code TO tikklok_lookup;

-- Whose code is this, before a tenant is known (I6).
-- +goose StatementBegin
CREATE FUNCTION enrolment_code_by_hash(wanted bytea) RETURNS TABLE (tenant_id bigint, gateway_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT c.tenant_id, c.gateway_id FROM enrolment_code c WHERE c.hash = wanted $$;
-- +goose StatementEnd
ALTER FUNCTION enrolment_code_by_hash(bytea) OWNER TO tikklok_lookup;
REVOKE ALL ON FUNCTION enrolment_code_by_hash(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enrolment_code_by_hash(bytea) TO tikklok_app;

-- The service's own certificates: which authority codes point to, and what
-- alarms before it ends. Nothing of a tenant stands here.
CREATE TABLE service_certificate (
  name        text PRIMARY KEY CONSTRAINT service_certificate_known CHECK (name IN ('authority', 'broker')),
  fingerprint bytea NOT NULL CONSTRAINT service_certificate_fingerprint CHECK (length(fingerprint) = 32),
  not_after   timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON service_certificate TO tikklok_app;

-- +goose Down
SELECT 'going back is restoring a backup';
