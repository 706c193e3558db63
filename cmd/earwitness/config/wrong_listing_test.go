package config

// wrongListings are mistakes in sources that list a bucket.
func wrongListings() []wrong {
	const begin = "sources:\n- name: a\n  type: s3-access-log\n  path: s3://logs/a/\n"
	return []wrong{
		{"a bucket that is none", "sources:\n- name: a\n  type: s3-access-log\n  path: s3://My_Logs/a\n", "e.yaml:4:9: sources[0].path: bucket \"My_Logs\" is not a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens; write s3://BUCKET/PREFIX\n   4 |   path: s3://My_Logs/a\n     |         ^"},
		{"credentials in a path", "sources:\n- name: a\n  type: s3-access-log\n  path: s3://key:word@logs/a\n", "e.yaml:4:9: sources[0].path: credentials do not belong here: they come from the environment, a profile or a role; write s3://BUCKET/PREFIX\n   4 |   path: s3://key:***\n     |         ^"},
		{"parameters in a path", "sources:\n- name: a\n  type: s3-access-log\n  path: s3://logs/a?region=eu-central-1\n", "e.yaml:4:9: sources[0].path: nothing may stand behind ?: parameters are keys below s3; write s3://BUCKET/PREFIX\n   4 |   path: s3://logs/a?***\n     |         ^"},
		{"settings of a bucket without one", "sources:\n- name: a\n  type: s3-access-log\n  path: /logs\n  s3: {region: eu-central-1}\n", "e.yaml:5:7: sources[0].s3: it is for sources whose path begins with s3://; leave this key out\n   5 |   s3: {region: eu-central-1}\n     |       ^"},
		{"an external id of a source without its role", begin + "  s3:\n    external-id: x\n", "e.yaml:6:18: sources[0].s3.external-id: it is for a role, and none is named; name it by role-arn, or leave this key out\n   6 |     external-id: x\n     |                  ^"},
		{"certificates of a source without TLS", begin + "  s3:\n    endpoint: http://127.0.0.1:9000\n    ca: ca.pem\n", "e.yaml:7:9: sources[0].s3.ca: it is for https://, and endpoint begins with http://; write https:// there, or leave this key out\n   7 |     ca: ca.pem\n     |         ^"},
		{"past days shorter than the lateness", begin + "  s3: {past-days: 2}\n  lateness: 3d\n", "e.yaml:5:19: sources[0].s3.past-days: 2 days are shorter than the source's lateness (3d): what comes so late would not be listed any more\n   5 |   s3: {past-days: 2}\n     |                   ^"},
		{"a listing that is too frequent", begin + "  s3: {every: 1s}\n", "e.yaml:5:15: sources[0].s3.every: 1s is out of range; allowed is 10s to 1d\n   5 |   s3: {every: 1s}\n     |               ^"},
		{"an account that is none", begin + "  s3: {owner: 4711}\n", "e.yaml:5:15: sources[0].s3.owner: a number stands here; a text is wanted: put it in quotes if it is meant so\n   5 |   s3: {owner: 4711}\n     |               ^"},
	}
}
