package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// tokens holds the access token of the client credentials grant (RFC 6749
// section 4.4).
type tokens struct {
	mu    sync.Mutex
	token string
	until time.Time
}

// drop forgets the token and reports whether there was one.
func (t *tokens) drop() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	had := t.token != ""
	t.token = ""
	return had
}

// margin is how long before its end a token is not used any more.
const margin = 30 * time.Second

func (c *client) authorise(ctx context.Context, req *http.Request) error {
	switch c.Auth.Kind {
	case "basic":
		req.SetBasicAuth(c.Auth.Username, c.Auth.Password)
	case "bearer":
		req.Header.Set("Authorization", "Bearer "+c.Auth.Token)
	case "oauth2":
		token, err := c.token(ctx)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return nil
}

func (c *client) token(ctx context.Context) (string, error) {
	c.tokens.mu.Lock()
	defer c.tokens.mu.Unlock()
	if c.tokens.token != "" && c.tools.Now().Before(c.tokens.until) {
		return c.tokens.token, nil
	}
	token, life, err := c.requestToken(ctx)
	if err != nil {
		return "", err
	}
	c.tokens.token, c.tokens.until = token, c.tools.Now().Add(max(life-margin, life/2))
	return token, nil
}

func (c *client) requestToken(ctx context.Context) (string, time.Duration, error) {
	at, err := url.Parse(c.Auth.TokenURL)
	if err != nil {
		return "", 0, final(Denied.At("token_url", "status", "none"))
	}
	form := url.Values{"grant_type": {"client_credentials"}}
	if c.Auth.Scope != "" {
		form.Set("scope", c.Auth.Scope)
	}
	if c.Auth.In == "form" {
		form.Set("client_id", c.Auth.ClientID)
		form.Set("client_secret", c.Auth.ClientSecret)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, final(Denied.At(place(at), "status", "none"))
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if c.Auth.In != "form" {
		req.SetBasicAuth(url.QueryEscape(c.Auth.ClientID), url.QueryEscape(c.Auth.ClientSecret))
	}
	// The token's host may be another than the API's, so redirects are not
	// followed here: the secret goes to the configured address alone.
	alone := &http.Client{Transport: c.http.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := alone.Do(req)
	if err != nil {
		return "", 0, c.unreachable(at, err)
	}
	defer answer.Body.Close()
	return c.readToken(at, answer)
}

func (c *client) readToken(at *url.URL, answer *http.Response) (string, time.Duration, error) {
	switch status := answer.StatusCode; {
	case status == http.StatusBadRequest: // RFC 6749 5.2 says so of wrong credentials
		return "", 0, final(Denied.At(place(at), "status", status))
	case status != http.StatusOK && status != http.StatusCreated:
		return "", 0, c.status(at, answer)
	}
	var got struct {
		AccessToken string      `json:"access_token"`
		TokenType   string      `json:"token_type"`
		ExpiresIn   json.Number `json:"expires_in"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&got); err != nil {
		return "", 0, passing(NotJSON.At(place(at), "what", "an answer without a token"))
	}
	if got.AccessToken == "" || got.TokenType != "" && !strings.EqualFold(got.TokenType, "bearer") {
		return "", 0, final(Denied.At(place(at), "status", answer.StatusCode).Because(errors.New("no bearer token in the answer")))
	}
	seconds, err := got.ExpiresIn.Int64()
	if err != nil || seconds <= 0 {
		seconds = 300 // the answer may leave it out
	}
	return got.AccessToken, time.Duration(min(seconds, 86400)) * time.Second, nil
}

// place writes an address for a person: its host, path and query, without
// values that may be secret.
func place(u *url.URL) string {
	if u.Host == "" {
		return origin(u)
	}
	return fmt.Sprintf("%s://%s%s", u.Scheme, u.Host, origin(u))
}

// origin is the path and query of an address, without values that may be
// secret.
func origin(u *url.URL) string {
	query := u.Query()
	for name := range query {
		if secretName(name) {
			query[name] = []string{"***"}
		}
	}
	text := u.EscapedPath()
	if len(query) > 0 {
		// Plain text is easier to read than escapes, and nothing parses it.
		plain, err := url.QueryUnescape(strings.ReplaceAll(query.Encode(), "+", "%20"))
		if err != nil {
			plain = query.Encode()
		}
		text += "?" + plain
	}
	return text
}

// secretName tells parameters that are likely to be credentials.
func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"secret", "passw", "pwd", "apikey", "api_key", "appkey", "app_key", "access_key", "accesskey", "access_token", "accesstoken", "auth", "sign", "credential"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return name == "key" || name == "token" || name == "ak" || name == "sk"
}
