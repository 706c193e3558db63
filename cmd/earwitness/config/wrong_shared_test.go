package config

func wrongShared() []wrong {
	return []wrong{
		{
			"no key for all of them",
			`bus: {brokers: ["kafka-1:9092"]}
worm: {directory: /archive}`,
			`e.yaml:1:16: worm.key: it is missing: processes that share brokers sign with one key, and none of them may make its own; make one by earwitness keys init, give it to each, and write env:NAME or file:PATH
   1 | bus: {brokers: ["kafka-1:9092"]}
     |                ^`,
		},
		{
			"no archive for all of them",
			`bus: {brokers: ["kafka-1:9092"]}
worm: {key: env:KEY}`,
			`e.yaml:1:16: worm.directory: it is missing, and so is worm.s3: processes that share brokers share one archive; name a bucket by worm.s3.url, or a folder that all of them reach
   1 | bus: {brokers: ["kafka-1:9092"]}
     |                ^`,
		},
		{
			"an index for each of them",
			`bus: {brokers: ["kafka-1:9092"]}
index: {path: /index/trail.db}` + withArchive,
			`e.yaml:2:15: index.path: the index is for one process, and bus.brokers are shared; leave it out and name an Elasticsearch by elastic.urls, or leave bus.brokers out
   2 | index: {path: /index/trail.db}
     |               ^`,
		},
		{
			"what an index would keep",
			`bus: {brokers: ["kafka-1:9092"]}
index: {retention: 400d}` + withArchive,
			`e.yaml:2:20: index.retention: the index is for one process, and bus.brokers are shared; leave it out and name an Elasticsearch by elastic.urls, or leave bus.brokers out
   2 | index: {retention: 400d}
     |                    ^`,
		},
	}
}
