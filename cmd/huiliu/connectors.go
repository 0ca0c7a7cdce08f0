package main

import (
	"maps"
	"slices"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/files"
	"huiliu/ingest/connector/httpapi"
	"huiliu/ingest/connector/kafka"
	"huiliu/ingest/connector/mqtt"
	"huiliu/ingest/connector/sftp"
	"huiliu/ingest/connector/sqldb"
)

// connectors names the protocols that a definition may ask for.
var connectors = map[string]connector.Factory{
	"files": files.New,
	"http":  httpapi.New,
	"kafka": kafka.New,
	"mqtt":  mqtt.New,
	"sftp":  sftp.New,
	"sql":   sqldb.New,
}

func connectorNames() []string { return slices.Sorted(maps.Keys(connectors)) }
