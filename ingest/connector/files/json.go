package files

import "context"

func openJSON(ctx context.Context, o opening, c *content, document bool) (parser, error) {
	return nil, refuse(wrongKind, "want", "CSV", "have", "JSON")
}

func openXLSX(ctx context.Context, o opening, c *content) (parser, error) {
	return nil, refuse(wrongKind, "want", "CSV", "have", "XLSX")
}
