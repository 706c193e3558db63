package fakecloud

import (
	"cmp"
	"maps"
	"slices"
)

// User of the organisation.
type User struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
	State string `json:"state,omitempty"`
}

// Queue of the organisation.
type Queue struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// AddUser adds a user, or changes the one with the id.
func (c *Cloud) AddUser(u User) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if u.State == "" {
		u.State = "active"
	}
	c.users[u.ID] = u
}

// Users lists those of the organisation, in the order of their ids.
func (c *Cloud) Users() []User {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Collect(maps.Values(c.users))
	slices.SortFunc(all, func(a, b User) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// AddQueue adds a queue, or changes the one with the id.
func (c *Cloud) AddQueue(q Queue) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queues[q.ID] = q
}

func (c *Cloud) user(r *call) (*answer, *refusal) {
	if r.args[0] == "me" {
		return nil, badRequest("This request requires a user context. Client credentials cannot be used for requests with a user context.")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	u, known := c.users[r.args[0]]
	if !known {
		return nil, notFound()
	}
	return ok(struct {
		User
		SelfURI string `json:"selfUri"`
	}{u, "/api/v2/users/" + u.ID})
}

func (c *Cloud) queue(r *call) (*answer, *refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q, known := c.queues[r.args[0]]
	if !known {
		return nil, notFound()
	}
	return ok(struct {
		Queue
		SelfURI string `json:"selfUri"`
	}{q, "/api/v2/routing/queues/" + q.ID})
}

func (c *Cloud) organization(*call) (*answer, *refusal) {
	return ok(map[string]any{
		"id": c.config.Org, "name": "Fake Organisation", "defaultCountryCode": "DE", "state": "active",
		"domain": "fake", "selfUri": "/api/v2/organizations/me",
	})
}
