// Package amazon is how AWS is reached, and servers that speak its protocols:
// credentials, roles, region, endpoint, certificates, time limits, attempts;
// and what an error of theirs means.
//
// [Load] reads settings for any service, [NewS3] makes a client of S3. Both ask
// no server. Credentials come from where the AWS tools look for them; a role
// is assumed with them. [Limit] gives each attempt at a request its time, and
// [Stream] a body that may not stand still. [Asker.Explain] makes an [Error] of
// what the client gives: what was tried, on what, why it failed, what to do.
//
// It stops by the context; nothing goes on between calls, but for connections
// that wait for another request, which the functions that come with a client
// end. It does not know what buckets and queues are for.
package amazon
