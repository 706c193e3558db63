package config

import "reflect"

// checkShared finds what several processes can't have each for themselves,
// and what is for brokers where none are named.
func (c *Config) checkShared(d *document) {
	if !c.Shared() {
		for _, key := range keysOf(reflect.TypeFor[Bus]()) {
			if key != "brokers" && key != "partitions" && d.has("bus."+key) {
				d.mistake("bus."+key, "it is for brokers, and bus.brokers names none; name them, or leave this key out")
			}
		}
		return
	}
	if c.WORM.Key == "" {
		d.mistakeNear("worm.key", "bus.brokers", "it is missing: processes that share brokers sign with one key, and none of them may make its own; "+
			"make one by earwitness keys init, give it to each, and write env:NAME or file:PATH")
	}
	if c.WORM.Directory == "" && !c.WORM.S3.Enabled() {
		d.mistakeNear("worm.directory", "bus.brokers", "it is missing, and so is worm.s3: processes that share brokers share one archive; "+
			"name a bucket by worm.s3.url, or a folder that all of them reach")
	}
	for _, key := range []string{"path", "retention"} {
		if d.has("index." + key) {
			d.mistake("index."+key, "the index is for one process, and bus.brokers are shared; "+
				"leave it out and name an Elasticsearch by elastic.urls, or leave bus.brokers out")
		}
	}
}
