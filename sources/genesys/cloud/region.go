package cloud

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// domains by AWS region, from the tables of the official SDK and Terraform
// provider.
func domains() map[string]string {
	return map[string]string{
		"us-east-1": "mypurecloud.com", "us-east-2": "use2.us-gov-pure.cloud", "us-west-2": "usw2.pure.cloud",
		"ca-central-1": "cac1.pure.cloud", "mx-central-1": "mxc1.pure.cloud", "sa-east-1": "sae1.pure.cloud",
		"eu-west-1": "mypurecloud.ie", "eu-west-2": "euw2.pure.cloud", "eu-central-1": "mypurecloud.de",
		"eu-central-2": "euc2.pure.cloud", "eusc-de-east-1": "edee1.eusc-pure.cloud", "me-central-1": "mec1.pure.cloud",
		"ap-south-1": "aps1.pure.cloud", "ap-southeast-1": "apse1.pure.cloud", "ap-southeast-2": "mypurecloud.com.au",
		"ap-northeast-1": "mypurecloud.jp", "ap-northeast-2": "apne2.pure.cloud", "ap-northeast-3": "apne3.pure.cloud",
	}
}

// Endpoint gives the URL of the API in an AWS region, such as eu-central-1.
// An organisation is in one region, and a client works in no other.
func Endpoint(region string) (string, error) {
	domain, known := domains()[region]
	if !known {
		return "", fmt.Errorf("%q is no region of Genesys Cloud; allowed are %s", region,
			strings.Join(slices.Sorted(maps.Keys(domains())), ", "))
	}
	return "https://api." + domain, nil
}

// loginOf gives the login server that belongs to an API: the same name with
// login in place of api, and the same server where it has no such name.
func loginOf(endpoint string) string {
	return strings.Replace(endpoint, "://api.", "://login.", 1)
}
