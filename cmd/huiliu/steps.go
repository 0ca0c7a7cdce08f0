package main

import (
	"huiliu/jobs/heatmap"
	"huiliu/jobs/report"
	"huiliu/marts/build"
)

// steps are the computations in Go that are built with the models.
func (a *app) steps() []build.Step {
	return []build.Step{heatmap.Step{}, report.Step{Reports: a.reports()}, a.golden}
}
