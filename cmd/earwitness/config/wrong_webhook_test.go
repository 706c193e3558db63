package config

// wrongWebhooks are mistakes in sources that are posted to.
func wrongWebhooks() []wrong {
	const (
		begin = "sources:\n- name: a\n  type: genesys-webhook\n"
		whole = begin + "  webhook:\n    listen: 127.0.0.1:8443\n    secret: env:S\n"
	)
	return []wrong{
		{"nowhere to listen", begin, "e.yaml:2:3: sources[0]: webhook is missing; name below it where to listen, and the secret\n   2 | - name: a\n     |   ^"},
		{"no address", begin + "  webhook:\n    secret: env:S\n", "e.yaml:5:5: sources[0].webhook: listen is missing\n   5 |     secret: env:S\n     |     ^"},
		{"no secret of a webhook", begin + "  webhook:\n    listen: 127.0.0.1:8443\n", "e.yaml:5:5: sources[0].webhook: secret is missing\n   5 |     listen: 127.0.0.1:8443\n     |     ^"},
		{"a webhook in clear", begin + "  webhook:\n    listen: 0.0.0.0:8443\n    secret: env:S\n", "e.yaml:5:13: sources[0].webhook.listen: the secret and the audits would come over the network as they are; name a certificate and its key, or listen at 127.0.0.1 behind a server that speaks TLS\n   5 |     listen: 0.0.0.0:8443\n     |             ^"},
		{"a certificate without its key", whole + "    certificate: a.pem\n", "e.yaml:7:18: sources[0].webhook.certificate: the key is missing; name it by key, as env:NAME or file:PATH\n   7 |     certificate: a.pem\n     |                  ^"},
		{"a key without its certificate", whole + "    key: env:K\n", "e.yaml:7:10: sources[0].webhook.key: the certificate is missing; name its file by certificate\n   7 |     key: env:K\n     |          ^"},
		{"a path that is none", whole + "    path: genesys\n", "e.yaml:7:11: sources[0].webhook.path: \"genesys\" is no path of a URL; it begins with /, and holds no space and none of ? # %\n   7 |     path: genesys\n     |           ^"},
		{"a header that is none", whole + "    header: \"X Api Key\"\n", "e.yaml:7:13: sources[0].webhook.header: \"X Api Key\" is no name of a header; allowed are letters, digits and -\n   7 |     header: \"X Api Key\"\n     |             ^"},
		{"a header of signed requests", whole + "    signed: true\n    header: X-Api-Key\n", "e.yaml:8:13: sources[0].webhook.header: signed requests do not hold the secret; leave out either header, or signed\n   8 |     header: X-Api-Key\n     |             ^"},
		{"a window of requests that are not signed", whole + "    window: 1m\n", "e.yaml:7:13: sources[0].webhook.window: it is for signed requests; set signed to true, or leave this key out\n   7 |     window: 1m\n     |             ^"},
		{"a webhook of a source of files", "sources:\n- name: a\n  type: genesys-audit\n  path: /audits\n  webhook:\n    listen: 127.0.0.1:8443\n    secret: env:S\n", "e.yaml:6:5: sources[0].webhook: it is for sources of type genesys-webhook; leave this key out\n   6 |     listen: 127.0.0.1:8443\n     |     ^"},
	}
}
