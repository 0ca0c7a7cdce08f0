package main

import (
	"huiliu/jobs/heatmap"
	"huiliu/marts/build"
)

// steps are the computations in Go that are built with the models.
var steps = []build.Step{heatmap.Step{}}
