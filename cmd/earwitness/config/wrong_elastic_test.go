package config

func wrongElastic() []wrong {
	return []wrong{
		{
			"a node without a scheme",
			`elastic: {urls: ["es:9200"]}`,
			`e.yaml:1:18: elastic.urls[0]: "es:9200" begins with neither http:// nor https://; write it as in https://server.example.org:9200 or "https://[2001:db8::1]:9200"
   1 | elastic: {urls: ["es:9200"]}
     |                  ^`,
		},
		{
			"a scheme of another kind",
			`elastic: {urls: ["ftp://es:9200"]}`,
			`e.yaml:1:18: elastic.urls[0]: "ftp://es:9200" begins with neither http:// nor https://; write it as in https://server.example.org:9200 or "https://[2001:db8::1]:9200"
   1 | elastic: {urls: ["ftp://es:9200"]}
     |                  ^`,
		},
		{
			"a path",
			`elastic: {urls: ["https://es.example.org/search"]}`,
			`e.yaml:1:18: elastic.urls[0]: "https://es.example.org/search" holds more than a server's address, the path /search; write it as in https://server.example.org:9200 or "https://[2001:db8::1]:9200"
   1 | elastic: {urls: ["https://es.example.org/search"]}
     |                  ^`,
		},
		{
			"a query",
			`elastic: {urls: ["https://es:9200?pretty"]}`,
			`e.yaml:1:18: elastic.urls[0]: the URL holds more than a server's address, something behind ? or #; write it as in https://server.example.org:9200 or "https://[2001:db8::1]:9200"
   1 | elastic: {urls: ["https://es:9200?***
     |                  ^`,
		},
		{
			"credentials in a URL",
			`elastic: {urls: ["https://me:secret@es:9200"]}`,
			`e.yaml:1:18: elastic.urls[0]: the URL holds credentials, and URLs are logged; credentials have settings of their own
   1 | elastic: {urls: ["https://***@es:9200"]}
     |                  ^`,
		},
		{
			"no host in a URL",
			`elastic: {urls: ["https://:9200"]}`,
			`e.yaml:1:18: elastic.urls[0]: "https://:9200" names no host; write it as in https://server.example.org:9200 or "https://[2001:db8::1]:9200"
   1 | elastic: {urls: ["https://:9200"]}
     |                  ^`,
		},
		{
			"a port that is none",
			`elastic: {urls: ["https://es:92000"]}`,
			`e.yaml:1:18: elastic.urls[0]: "https://es:92000" has port 92000; allowed is 1 to 65535
   1 | elastic: {urls: ["https://es:92000"]}
     |                  ^`,
		},
		{
			"an IPv6 address without brackets",
			`elastic: {urls: ["https://2001:db8::1:9200"]}`,
			`e.yaml:1:18: elastic.urls[0]: "https://2001:db8::1:9200" is no URL; write it as in https://server.example.org:9200 or "https://[2001:db8::1]:9200"
   1 | elastic: {urls: ["https://2001:db8::1:9200"]}
     |                  ^`,
		},
		{
			"a node twice",
			`elastic: {urls: ["https://es", "https://ES:443/"]}`,
			`e.yaml:1:32: elastic.urls[1]: https://ES:443 stands here a second time: it is elastic.urls[0]; name each node once
   1 | elastic: {urls: ["https://es", "https://ES:443/"]}
     |                                ^`,
		},
		{
			"settings of Elasticsearch, and no node",
			"elastic: {urls: [], prefix: trail}",
			`e.yaml:1:29: elastic.prefix: it is for Elasticsearch, and elastic.urls names none; name its nodes, or leave this key out
   1 | elastic: {urls: [], prefix: trail}
     |                             ^`,
		},
		{
			"a user without a password",
			`elastic: {urls: ["https://es:9200"], user: me}`,
			`e.yaml:1:44: elastic.user: the password is missing; name it by elastic.password, as env:NAME or file:PATH
   1 | elastic: {urls: ["https://es:9200"], user: me}
     |                                            ^`,
		},
		{
			"a password without a user",
			`elastic: {urls: ["https://es:9200"], password: env:ES}`,
			`e.yaml:1:48: elastic.password: the user is missing; name it by elastic.user
   1 | elastic: {urls: ["https://es:9200"], password: env:ES}
     |                                                ^`,
		},
		{
			"an API key beside a user",
			`elastic: {urls: ["https://es:9200"], api-key: env:ES, user: me, password: env:ES}`,
			`e.yaml:1:47: elastic.api-key: a user or a password is given too; give either elastic.api-key, or elastic.user and elastic.password
   1 | elastic: {urls: ["https://es:9200"], api-key: env:ES, user: me, password: env:ES}
     |                                               ^`,
		},
		{
			"a password in the file",
			`elastic: {urls: ["https://es:9200"], user: me, password: hunter2}`,
			`e.yaml:1:58: elastic.password: a secret must not stand in the configuration; put it elsewhere and write env:NAME for an environment variable or file:PATH for a file
   1 | elastic: {urls: ["https://es:9200"], user: me, password: ***
     |                                                          ^`,
		},
		{
			"credentials in clear",
			`elastic: {urls: ["http://es:9200"], api-key: env:ES}`,
			`e.yaml:1:18: elastic.urls[0]: credentials would go over the network to http://es:9200 as they are; write https://, and name its CA by elastic.ca or its certificate by elastic.fingerprint
   1 | elastic: {urls: ["http://es:9200"], api-key: env:ES}
     |                  ^`,
		},
		{
			"a CA without TLS",
			`elastic: {urls: ["http://localhost:9200"], ca: ca.pem}`,
			`e.yaml:1:48: elastic.ca: it is for https://, and no node of elastic.urls is spoken to that way; write https:// there, or leave this key out
   1 | elastic: {urls: ["http://localhost:9200"], ca: ca.pem}
     |                                                ^`,
		},
		{
			"a fingerprint that is none",
			`elastic: {urls: ["https://es:9200"], fingerprint: SHA256:abc}`,
			`e.yaml:1:51: elastic.fingerprint: "SHA256:abc" is no fingerprint; write the 64 hex digits of a certificate's SHA-256
   1 | elastic: {urls: ["https://es:9200"], fingerprint: SHA256:abc}
     |                                                   ^`,
		},
		{
			"a prefix in capitals",
			`elastic: {urls: ["https://es:9200"], prefix: Trail}`,
			`e.yaml:1:46: elastic.prefix: "Trail" can't begin the name of an index; allowed are a lower-case letter, then lower-case letters, digits, and - _ . up to 100
   1 | elastic: {urls: ["https://es:9200"], prefix: Trail}
     |                                              ^`,
		},
		{
			"a text for true or false",
			`elastic: {urls: ["https://es:9200"], setup: "false"}`,
			`e.yaml:1:45: elastic.setup: a text stands here; true or false is wanted
   1 | elastic: {urls: ["https://es:9200"], setup: "false"}
     |                                             ^`,
		},
		{
			"requests too large",
			`elastic: {urls: ["https://es:9200"], bulk-bytes: 1GiB}`,
			`e.yaml:1:50: elastic.bulk-bytes: 1GiB is out of range; allowed is 64KiB to 64MiB
   1 | elastic: {urls: ["https://es:9200"], bulk-bytes: 1GiB}
     |                                                  ^`,
		},
		{
			"a buffer that holds no request",
			`elastic: {urls: ["https://es:9200"], bulk-bytes: 16MiB, buffer-bytes: 8MiB}`,
			`e.yaml:1:71: elastic.buffer-bytes: a buffer of 8MiB does not hold one request of 16MiB; elastic.buffer-bytes is at least elastic.bulk-bytes
   1 | elastic: {urls: ["https://es:9200"], bulk-bytes: 16MiB, buffer-bytes: 8MiB}
     |                                                                       ^`,
		},
		{
			"the same by the default",
			`elastic: {urls: ["https://es:9200"], bulk-bytes: 64MiB}`,
			`e.yaml:1:50: elastic.bulk-bytes: a buffer of 32MiB does not hold one request of 64MiB; elastic.buffer-bytes is at least elastic.bulk-bytes
   1 | elastic: {urls: ["https://es:9200"], bulk-bytes: 64MiB}
     |                                                  ^`,
		},
		{
			"a wait without unit",
			`elastic: {urls: ["https://es:9200"], bulk-wait: 250}`,
			`e.yaml:1:49: elastic.bulk-wait: "250" is no such time; write a whole number with its unit: ms or s, as in 250ms
   1 | elastic: {urls: ["https://es:9200"], bulk-wait: 250}
     |                                                 ^`,
		},
		{
			"a wait out of range",
			`elastic: {urls: ["https://es:9200"], bulk-wait: 1ms}`,
			`e.yaml:1:49: elastic.bulk-wait: 1ms is out of range; allowed is 10ms to 60s
   1 | elastic: {urls: ["https://es:9200"], bulk-wait: 1ms}
     |                                                 ^`,
		},
		{
			"no requests at all",
			`elastic: {urls: ["https://es:9200"], requests: 0}`,
			`e.yaml:1:48: elastic.requests: 0 is out of range; allowed is 1 to 64
   1 | elastic: {urls: ["https://es:9200"], requests: 0}
     |                                                ^`,
		},
		{
			"a time-out too long",
			`elastic: {urls: ["https://es:9200"], request-timeout: 1h}`,
			`e.yaml:1:55: elastic.request-timeout: 1h is out of range; allowed is 1s to 10m
   1 | elastic: {urls: ["https://es:9200"], request-timeout: 1h}
     |                                                       ^`,
		},
	}
}
