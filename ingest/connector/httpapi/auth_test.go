package httpapi

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"huiliu/ingest/connector/connectortest"
)

// office gives tokens and lists, and counts both.
type office struct {
	form   bool
	tokens int
	valid  string
	served int
}

func (o *office) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == "/token" {
		id, secret, basic := req.BasicAuth()
		if o.form {
			id, secret = req.PostFormValue("client_id"), req.PostFormValue("client_secret")
		}
		if req.Method != http.MethodPost || req.FormValue("grant_type") != "client_credentials" || basic == o.form || id != "huiliu" || secret != "a/b c" && secret != "a%2Fb+c" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		o.tokens++
		o.valid = strings.Repeat("t", o.tokens)
		_, _ = w.Write([]byte(`{"access_token":"` + o.valid + `","token_type":"bearer","expires_in":600}`))
		return
	}
	if req.Header.Get("Authorization") != "Bearer "+o.valid || o.valid == "" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	o.served++
	_, _ = w.Write([]byte(`[{"id":1}]`))
}

func TestOAuth2(t *testing.T) {
	for _, form := range []bool{false, true} {
		o := &office{form: form}
		url := serve(t, o)
		in := map[bool]string{false: "header", true: "form"}[form]
		yaml := definition(t, url, "auth: {kind: oauth2, token_url: "+url+"/token, client_id: huiliu, client_secret: a/b c, in: "+in+"}", "upsert", "path: x")
		c := make1(t, yaml)
		connectortest.ReadAll(t, open(t, c, yaml, "", "1"))
		connectortest.ReadAll(t, open(t, c, yaml, "", "2"))
		if o.tokens != 1 || o.served != 2 {
			t.Errorf("form %v: %d tokens for %d answers, want 1 and 2", form, o.tokens, o.served)
		}
		o.valid = "revoked"
		connectortest.ReadAll(t, open(t, c, yaml, "", "3"))
		if o.tokens != 2 || o.served != 3 {
			t.Errorf("form %v: a token that ended early: %d tokens for %d answers", form, o.tokens, o.served)
		}
	}
}

func TestWrongSecretIsFinal(t *testing.T) {
	o := &office{}
	url := serve(t, o)
	yaml := definition(t, url, "auth: {kind: oauth2, token_url: "+url+"/token, client_id: huiliu, client_secret: wr0ng}", "upsert", "path: x")
	err := make1(t, yaml).Check(context.Background())
	if !Denied.Is(err) || strings.Contains(err.Error(), "wr0ng") {
		t.Errorf("got %v", err)
	}
}

func TestBasicBearerAndHeaders(t *testing.T) {
	for _, c := range []struct{ name, connection, header, want string }{
		{"basic", "auth: {kind: basic, username: u, password: p}", "Authorization", "Basic dTpw"},
		{"bearer", "auth: {kind: bearer, token: abc}", "Authorization", "Bearer abc"},
		{"header", "headers: {X-App-Key: k}", "X-App-Key", "k"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				got = req.Header.Get(c.header)
				_, _ = w.Write([]byte(`[]`))
			}))
			if err := make1(t, definition(t, url, c.connection, "upsert", "path: x")).Check(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("%s: %q, want %q", c.header, got, c.want)
			}
		})
	}
}
