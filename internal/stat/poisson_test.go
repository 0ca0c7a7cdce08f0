package stat

import (
	"math"
	"testing"
)

// Values of scipy 1.17.1: chi2.ppf(a, 2n)/2 and chi2.ppf(1-a, 2n+2)/2 with
// a = (1-level)/2.
func TestPoissonInterval(t *testing.T) {
	for _, c := range []struct {
		count     int64
		level     float64
		low, high float64
	}{
		{0, 0.95, 0, 3.6888794541139354},
		{1, 0.95, 0.025317807984289897, 5.571643390938898},
		{2, 0.95, 0.24220927854396507, 7.22468766772396},
		{5, 0.95, 1.623486390118421, 11.66833207932267},
		{10, 0.95, 4.7953886961324335, 18.39035604201778},
		{20, 0.95, 12.216519585403946, 30.8883779026746},
		{100, 0.95, 81.36399125092315, 121.62679379242638},
		{1000, 0.95, 938.9730184076952, 1063.952136016302},
		{123456, 0.95, 122768.28869851555, 124146.60839534459},
		{10000000, 0.95, 9993802.996884268, 10006199.897731498},
		{0, 0.99, 0, 5.298317366548036},
		{3, 0.99, 0.33786338872773347, 10.977477495329765},
		{50, 0.99, 33.66378165273959, 71.26608847545108},
		{0, 0.9, 0, 2.9957322735539895},
		{3, 0.9, 0.8176914471639533, 7.753656527932725},
		{50, 0.9, 38.96473258250863, 63.287074095747165},
	} {
		low, high := PoissonInterval(c.count, c.level)
		if math.Abs(low-c.low) > 1e-9*max(1, c.low) || math.Abs(high-c.high) > 1e-9*max(1, c.high) {
			t.Errorf("%d at %v: %.15g to %.15g, want %.15g to %.15g", c.count, c.level, low, high, c.low, c.high)
		}
	}
}

func TestPoissonIntervalOfWhatIsNoCount(t *testing.T) {
	for _, c := range []struct {
		count int64
		level float64
	}{{-1, 0.95}, {5, 0}, {5, 1}, {5, math.NaN()}} {
		if low, high := PoissonInterval(c.count, c.level); !math.IsNaN(low) || !math.IsNaN(high) {
			t.Errorf("%d at %v: %v to %v", c.count, c.level, low, high)
		}
	}
}
