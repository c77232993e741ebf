// Package openapi promises that the server answers exactly the operations of
// the document, with its types: generated from api/openapi.yaml by
// oapi-codegen v2.8.2, never edited.
package openapi

//go:generate go tool -modfile=../../.ci/tools/oapi-codegen.mod oapi-codegen -config config.yaml ../openapi.yaml
