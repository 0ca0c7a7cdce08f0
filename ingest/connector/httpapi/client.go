package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/time/rate"

	"huiliu/ingest/connector"
)

// client asks one API: it keeps its rate, tries again what may pass, and
// carries its credentials.
type client struct {
	connection
	tools   connector.Tools
	http    *http.Client
	limiter *rate.Limiter
	tokens  tokens
}

func newClient(c connection, tools connector.Tools) *client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 4
	cl := &client{connection: c, tools: tools, limiter: rate.NewLimiter(rate.Limit(c.Rate), max(1, int(c.Rate)/10))}
	cl.http = &http.Client{Transport: transport, CheckRedirect: cl.stayHome}
	return cl
}

// elsewhere is a redirect to another host.
type elsewhere struct{ host string }

// Error names the host.
func (e *elsewhere) Error() string { return "redirected to " + e.host }

func (c *client) stayHome(req *http.Request, via []*http.Request) error {
	if !c.home(req.URL) {
		return &elsewhere{req.URL.Host}
	}
	if len(via) >= 10 {
		return errors.New("redirected ten times")
	}
	return nil
}

func (c *client) home(u *url.URL) bool { return u.Scheme == c.base.Scheme && u.Host == c.base.Host }

// reply is one answer with status 200.
type reply struct {
	body []byte
	link string // the Link headers
}

// get asks until there is an answer that judge accepts, or no further try
// helps. Judge looks at the body, since many APIs say there that they failed.
func (c *client) get(ctx context.Context, u *url.URL, judge func(*reply) error) (*reply, error) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = c.Retry.Wait, 30*time.Second
	renewed := false
	for try := 1; ; try++ {
		got, err := c.once(ctx, u)
		if err == nil {
			err = judge(got)
		}
		if err == nil {
			return got, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var f *failure
		if !errors.As(err, &f) {
			return nil, err
		}
		if Denied.Is(err) && !renewed && c.tokens.drop() {
			renewed, try = true, try-1 // the token may have ended early
			continue
		}
		if !f.again || try >= c.Retry.Tries {
			return nil, err
		}
		pause := max(wait.NextBackOff(), f.after)
		c.tools.Log.Info("request failed, trying again", "url", place(u), "pause", pause, "error", err)
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// once sends one request. Every error but the caller's own end is a failure.
func (c *client) once(ctx context.Context, u *url.URL) (*reply, error) {
	if err := c.limiter.Wait(ctx); err != nil {
		return nil, context.Cause(orCancelled(ctx))
	}
	limited, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, final(Refused.At(place(u), "status", "none"))
	}
	req.Header.Set("Accept", "application/json")
	for name, value := range c.Headers {
		req.Header.Set(name, value)
	}
	if err := c.authorise(limited, req); err != nil {
		return nil, err
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(u, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		// A read-out body lets the connection be used again.
		_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10))
		return nil, c.status(u, answer)
	}
	body, err := c.body(u, answer)
	return &reply{body: body, link: strings.Join(answer.Header.Values("Link"), ", ")}, err
}

// orCancelled gives a context that has ended: a limiter also refuses to wait
// beyond a deadline that is still to come.
func orCancelled(ctx context.Context) context.Context {
	if ctx.Err() != nil {
		return ctx
	}
	ended, cancel := context.WithCancelCause(ctx)
	cancel(context.DeadlineExceeded)
	return ended
}

// unreachable explains an error of the HTTP client. Its own text holds the
// whole address, secrets included, so only what lies beneath is shown.
func (c *client) unreachable(u *url.URL, err error) error {
	var away *elsewhere
	if errors.As(err, &away) {
		return final(Elsewhere.At(place(u), "host", away.host))
	}
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %s", c.Timeout)
	}
	return passing(Unreachable.At(place(u)).Because(err))
}

// status explains an answer other than 200. 408, 425 and 429 are passing
// (RFC 9110 15.5.9, RFC 8470 5.2, RFC 6585 4), the other 4xx are final.
func (c *client) status(u *url.URL, answer *http.Response) error {
	status := answer.StatusCode
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return final(Denied.At(place(u), "status", status))
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		f := passing(Busy.At(place(u), "status", status))
		f.after = c.retryAfter(answer.Header.Get("Retry-After"))
		return f
	}
	return final(Refused.At(place(u), "status", status))
}

// longestWait bounds a Retry-After: a longer one is left to the next run.
const longestWait = 5 * time.Minute

// retryAfter reads seconds or an HTTP date (RFC 9110 10.2.3).
func (c *client) retryAfter(header string) time.Duration {
	if header == "" {
		return 0
	}
	d := time.Duration(0)
	if n, err := strconv.ParseInt(header, 10, 32); err == nil {
		d = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		d = at.Sub(c.tools.Now())
	}
	return min(max(d, 0), longestWait)
}

// body reads the whole answer as UTF-8.
func (c *client) body(u *url.URL, answer *http.Response) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(answer.Body, c.BodyLimit+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, passing(Cut.At(place(u)))
	case err != nil:
		return nil, c.unreachable(u, err)
	case int64(len(raw)) > c.BodyLimit:
		return nil, final(TooLarge.At(place(u), "limit", c.BodyLimit))
	}
	charset := strings.ToLower(answer.Header.Get("Content-Type"))
	if strings.Contains(charset, "charset=gb") {
		if raw, err = simplifiedchinese.GB18030.NewDecoder().Bytes(raw); err != nil {
			return nil, passing(NotJSON.At(place(u), "what", charset))
		}
	}
	return bytes.TrimSpace(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))), nil
}
