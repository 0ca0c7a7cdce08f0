package load

import (
	"math/rand/v2"
	"testing"
)

// TestKnownKeys stands on the one promise that the loader rests on, that no
// key is ever forgotten, and on how few strangers look known.
func TestKnownKeys(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var k knownKeys
	if k.maybe(7) {
		t.Error("an empty filter knows a key")
	}
	k.expect(1000)
	keys := make([]uint64, 3*smallestKeys) // through three layers
	for i := range keys {
		keys[i] = random.Uint64()
		k.add(keys[i])
	}
	for _, key := range keys {
		if !k.maybe(key) {
			t.Fatalf("key %x is forgotten", key)
		}
	}
	strangers, met := 1_000_000, 0
	for range strangers {
		if k.maybe(random.Uint64()) {
			met++
		}
	}
	if met > strangers/10_000 {
		t.Errorf("%d of %d strangers look known", met, strangers)
	}
	k = knownKeys{all: true}
	if k.add(1); !k.maybe(2) || len(k.layers) > 0 {
		t.Error("too many keys to tell, and one is called unknown")
	}
}
