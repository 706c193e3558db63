package config

// wrongEnrich are mistakes in what is looked up.
func wrongEnrich() []wrong {
	const (
		creds = "  genesys: {region: eu-central-1, client-id: c, client-secret: env:S}\n"
		one   = "sources:\n- name: a\n  type: genesys\n" + creds
		two   = one + "- name: b\n  type: genesys\n" + creds
	)
	return []wrong{
		{"metadata of an unknown kind", one + "enrich:\n  from: [names]\n", "e.yaml:6:10: enrich.from[0]: \"names\" is no source of metadata; allowed are recordings, users, queues, guide, inventory, sidecars\n   6 |   from: [names]\n     |          ^"},
		{"metadata from a source twice", one + "enrich:\n  from: [users, users]\n", "e.yaml:6:17: enrich.from[1]: users stands here a second time\n   6 |   from: [users, users]\n     |                 ^"},
		{"metadata without an organisation", "enrich:\n  from: [users]\n", "e.yaml:2:9: enrich.from: nobody can be asked: give a source of type genesys, whose organisation, client and rate limit are used\n   2 |   from: [users]\n     |         ^"},
		{"metadata from one of two organisations", two + "enrich:\n  from: [users]\n", "e.yaml:9:9: enrich.from: there are several that could be asked; name by enrich.genesys a source of type genesys, whose organisation, client and rate limit are used\n   9 |   from: [users]\n     |         ^"},
		{"metadata from no organisation", one + "enrich:\n  from: [users]\n  genesys: b\n", "e.yaml:7:12: enrich.genesys: there is no source b of the kind; name a source of type genesys, whose organisation, client and rate limit are used\n   7 |   genesys: b\n     |            ^"},
		{"sidecar files without a bucket", one + "enrich:\n  from: [sidecars]\n", "e.yaml:6:9: enrich.from: nobody can be asked: give a source whose path is s3://BUCKET/PREFIX, by whose access sidecar files are read\n   6 |   from: [sidecars]\n     |         ^"},
		{"an organisation that nothing asks", one + "- name: l\n  type: s3-access-log\n  path: s3://logs/x\n  s3: {region: eu-central-1}\nenrich:\n  from: [sidecars]\n  genesys: a\n", "e.yaml:11:12: enrich.genesys: nothing in enrich.from asks it; leave this key out\n  11 |   genesys: a\n     |            ^"},
		{"a setting of lookups where nothing is looked up", one + "enrich:\n  ttl: 2h\n", "e.yaml:6:8: enrich.ttl: nothing is looked up: name in enrich.from what is, or leave this key out\n   6 |   ttl: 2h\n     |        ^"},
		{"what is not known is kept for longer than what is", one + "enrich:\n  from: [users]\n  ttl: 1h\n  negative-ttl: 2h\n", "e.yaml:8:17: enrich.negative-ttl: 2h is longer than ttl (1h): what is known would be asked for more often than what is not\n   8 |   negative-ttl: 2h\n     |                 ^"},
		{"metadata that is kept for longer than the horizon", one + "enrich:\n  from: [users]\n  ttl: 8d\n", "e.yaml:7:8: enrich.ttl: 8d is too long: it must be shorter than windows.horizon less a day (8d), for what is older is forgotten\n   7 |   ttl: 8d\n     |        ^"},
		{"too small a cache", one + "enrich:\n  from: [users]\n  cache-bytes: 1KiB\n", "e.yaml:7:16: enrich.cache-bytes: 1KiB is out of range; allowed is 1MiB to 16GiB\n   7 |   cache-bytes: 1KiB\n     |                ^"},
		{"a rate below nothing", "sources:\n- name: a\n  type: genesys\n  genesys:\n    region: eu-central-1\n    client-id: c\n    client-secret: env:S\n    rate: -1\n", "e.yaml:8:11: sources[0].genesys.rate: -1 is out of range; allowed is 0 to 100000\n   8 |     rate: -1\n     |           ^"},
	}
}
