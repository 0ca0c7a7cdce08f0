package address

import (
	_ "embed"
	"sync"
)

//go:generate go run huiliu/fixtures/addresses/learn shipped.model

//go:embed shipped.model
var shipped []byte

var shippedOnce = sync.OnceValues(func() (*Parser, error) { return Decode(shipped, Nation()) })

// Shipped is the parser that comes with the product: it knows Nation and has
// learned from fixtures/addresses alone. A site gives it names by With, and
// Nation among them.
func Shipped() (*Parser, error) { return shippedOnce() }
