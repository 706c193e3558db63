package simulate

import (
	"fmt"
	"strconv"
)

// person is somebody whom Genesys Cloud knows: a user or an OAuth client.
type person struct {
	id, name string
	client   bool
	address  string
	// agentText is what his browser sends.
	agentText string
}

// outsider acts without the contact centre: his requester is what AWS knows.
type outsider struct {
	name, requester, address, agentText string
}

// cast is everybody in the world.
type cast struct {
	org         string
	agents      []*person
	supervisors []*person
	evaluators  []*person
	admins      []*person
	// exporter is the client that runs export jobs.
	exporter *person
	// team has everybody who listens.
	team []*person

	intruder, analyst, portal, operator, console outsider
	scanner, friend, cdn                         outsider
}

// The networks: the offices share a few addresses, some agents work from
// home, the contact centre's fleet has its own, and so has the rest of the
// world.
const (
	officeNet = "192.0.2."
	fleetNet  = "198.51.100."
	worldNet  = "203.0.113."
)

func newCast(cfg *Config) *cast {
	s := draw(cfg.Seed, kindCast, 0)
	c := &cast{org: s.uuid()}
	people := func(n int, office float64) []*person {
		all := make([]*person, n)
		for i := range all {
			all[i] = newPerson(&s, office)
		}
		return all
	}
	c.agents = people(cfg.Agents, 0.5)
	c.supervisors = people(2+cfg.Agents/12, 0.7)
	c.evaluators = people(2+cfg.Agents/20, 0.3)
	c.admins = people(2, 1)
	c.exporter = &person{id: s.uuid(), name: "Recording Export", client: true, address: fleetNet + "7", agentText: sdkJava}
	c.team = append(append(append(c.team, c.agents...), c.supervisors...), c.evaluators...)
	c.setOutsiders(cfg)
	return c
}

func newPerson(s *source, office float64) *person {
	p := &person{id: s.uuid(), name: pick(s, firstNames) + " " + pick(s, lastNames), agentText: pick(s, browsers)}
	switch {
	case s.chance(office):
		p.address = officeNet + strconv.FormatInt(s.between(10, 13), 10)
	case s.chance(0.5):
		p.address = fmt.Sprintf("2001:db8:%x::%x", s.between(1, 0xfff), s.between(1, 0xffff))
	default:
		p.address = officeNet + strconv.FormatInt(s.between(20, 250), 10)
	}
	return p
}

func (c *cast) setOutsiders(cfg *Config) {
	user := func(name string) string { return "arn:aws:iam::" + cfg.Account + ":user/" + name }
	role := func(name string) string { return "arn:aws:sts::" + cfg.Account + ":assumed-role/" + name }
	c.intruder = outsider{"intruder", user("backup-legacy"), worldNet + "66", "rclone/v1.68.2"}
	c.analyst = outsider{"analyst", role("SpeechAnalytics/batch-17"), officeNet + "5", sdkPython}
	c.portal = outsider{"call review portal", role("CallReviewPortal/web"), officeNet + "6", browsers[0]}
	c.operator = outsider{"operator", user("ops-nora"), officeNet + "4", "aws-cli/2.22.4 md/awscrt#0.23.4 ua/2.0 os/linux#6.8 md/arch#x86_64"}
	c.console = outsider{"operator", role("AWSReservedSSO_Administrator_8f0c7bd2/nora"), officeNet + "4", "[S3Console/0.4, aws-internal/3]"}
	c.scanner = outsider{"scanner", "", worldNet + "200", "python-requests/2.32.3"}
	c.friend = outsider{"somebody outside", "", "", ""}
	c.cdn = outsider{"content delivery", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1ID", fleetNet + "240", "Amazon CloudFront"}
}

const (
	sdkJava   = "aws-sdk-java/2.29.24 md/io#sync md/http#Apache ua/2.1 os/Linux#5.10.230 lang/java#21.0.5 cfg/retry-mode#standard"
	sdkPython = "Boto3/1.35.81 md/Botocore#1.35.81 ua/2.0 os/linux#6.8.0 lang/python#3.12.8 cfg/retry-mode#legacy"
	sdkGo     = "aws-sdk-go-v2/1.32.7 ua/2.1 os/linux lang/go#1.26 api/s3#1.71.1"
)

var browsers = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36 Edg/132.0.0.0",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Safari/605.1.15",
	"Mozilla/5.0 (X11; Linux x86_64; rv:134.0) Gecko/20100101 Firefox/134.0",
}

var firstNames = []string{
	"Ada", "Bela", "Chiara", "Dario", "Elif", "Femke", "Goran", "Hana", "Ines", "Jonas", "Kaya", "Lena", "Milo",
	"Nadia", "Oskar", "Paula", "Quentin", "Rosa", "Samir", "Tessa", "Umar", "Vera", "Wanda", "Xenia", "Yusuf", "Zofia",
}

var lastNames = []string{
	"Albrecht", "Bianchi", "Castro", "Demir", "Eriksen", "Fontaine", "Gruber", "Horvat", "Ito", "Jansen", "Kowalski",
	"Lindqvist", "Moreau", "Novak", "Okafor", "Petrov", "Quist", "Romero", "Schuster", "Tanaka", "Ulrich", "Varga",
	"Winter", "Yilmaz", "Zeller",
}
