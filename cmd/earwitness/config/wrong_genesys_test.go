package config

// wrongGenesys are mistakes in sources that ask Genesys Cloud.
func wrongGenesys() []wrong {
	const (
		begin = "sources:\n- name: a\n  type: genesys\n"
		creds = "    client-id: c\n    client-secret: env:S\n"
		whole = begin + "  genesys:\n    region: eu-central-1\n" + creds
	)
	return []wrong{
		{"no organisation", begin, "e.yaml:2:3: sources[0]: genesys is missing; name the region, client-id and client-secret of the organisation below it\n   2 | - name: a\n     |   ^"},
		{"no region", begin + "  genesys:\n" + creds, "e.yaml:5:5: sources[0].genesys: region is missing; name the AWS region that the organisation is in, or a gateway by endpoint\n   5 |     client-id: c\n     |     ^"},
		{"an unknown region", begin + "  genesys:\n    region: eu\n" + creds, "e.yaml:5:13: sources[0].genesys.region: \"eu\" is no region of Genesys Cloud; allowed are ap-northeast-1, ap-northeast-2, ap-northeast-3, ap-south-1, ap-southeast-1, ap-southeast-2, ca-central-1, eu-central-1, eu-central-2, eu-west-1, eu-west-2, eusc-de-east-1, me-central-1, mx-central-1, sa-east-1, us-east-1, us-east-2, us-west-2\n   5 |     region: eu\n     |             ^"},
		{"a region and an endpoint", whole + "    endpoint: https://gateway.example.org\n", "e.yaml:8:15: sources[0].genesys.endpoint: a region is given too; give either region, or endpoint\n   8 |     endpoint: https://gateway.example.org\n     |               ^"},
		{"an endpoint in clear", begin + "  genesys:\n    endpoint: http://gateway.example.org\n" + creds, "e.yaml:5:15: sources[0].genesys.endpoint: the client's secret would go over the network to http://gateway.example.org as it is; write https://\n   5 |     endpoint: http://gateway.example.org\n     |               ^"},
		{"no client id", begin + "  genesys:\n    region: eu-central-1\n    client-secret: env:S\n", "e.yaml:5:5: sources[0].genesys: client-id is missing\n   5 |     region: eu-central-1\n     |     ^"},
		{"a secret that stands in the file", begin + "  genesys:\n    region: eu-central-1\n    client-id: c\n    client-secret: hunter2\n", "e.yaml:7:20: sources[0].genesys.client-secret: a secret must not stand in the configuration; put it elsewhere and write env:NAME for an environment variable or file:PATH for a file\n   7 |     client-secret: ***\n     |                    ^"},
		{"nothing to ask for", whole + "    services: []\n    entities: []\n", "e.yaml:8:15: sources[0].genesys.services: neither services nor entities are given, so that there is nothing to ask for; leave out one of the keys for its default\n   8 |     services: []\n     |               ^"},
		{"a service twice", whole + "    services: [Quality, Quality]\n", "e.yaml:8:25: sources[0].genesys.services[1]: Quality stands here a second time\n   8 |     services: [Quality, Quality]\n     |                         ^"},
		{"a service that is none", whole + "    services: [Quality/Recording]\n", "e.yaml:8:16: sources[0].genesys.services[0]: \"Quality/Recording\" is no name of the kind; write it as Genesys does, as in Quality or Recording\n   8 |     services: [Quality/Recording]\n     |                ^"},
		{"an overlap that is too short", whole + "    overlap: 30m\n", "e.yaml:8:14: sources[0].genesys.overlap: 30m is shorter than the source's lateness (1h): what comes later than the overlap would not be asked for again in time\n   8 |     overlap: 30m\n     |              ^"},
		{"an interval that is too long", whole + "    interval: 31d\n", "e.yaml:8:15: sources[0].genesys.interval: 31d is out of range; allowed is 1h to 30d\n   8 |     interval: 31d\n     |               ^"},
		{"a path", "sources:\n- name: a\n  type: genesys\n  path: /audits\n  genesys:\n    region: eu-central-1\n" + creds, "e.yaml:4:9: sources[0].path: a source of type genesys reads no files; leave this key out\n   4 |   path: /audits\n     |         ^"},
		{"an organisation of a source of files", "sources:\n- name: a\n  type: genesys-audit\n  path: /audits\n  genesys:\n    region: eu-central-1\n" + creds, "e.yaml:6:5: sources[0].genesys: it is for sources of type genesys; leave this key out\n   6 |     region: eu-central-1\n     |     ^"},
		{"a source of files without a path", "sources:\n- name: a\n  type: genesys-audit\n", "e.yaml:2:3: sources[0]: path is missing\n   2 | - name: a\n     |   ^"},
	}
}
