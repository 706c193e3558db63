package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"earwitness/pipeline/amazon"
)

// atOnce is how many messages one request may be about, as SQS has it.
const atOnce = 10

// answerTime is how long an answer may take, beyond what a poll waits.
const answerTime = 10 * time.Second

// client asks one queue. It is safe for concurrent use.
type client struct {
	sqs       *sqs.Client
	url       string
	closeIdle func()
	asker     amazon.Asker
	failures  *amazon.Failures
}

// newClient reads credentials and settings, and asks no server. The server is
// that of the queue's URL.
func newClient(ctx context.Context, queueURL string, a amazon.Access, wait time.Duration) (*client, error) {
	u, err := checkURL(queueURL)
	if err != nil {
		return nil, err
	}
	a.Endpoint = u.Scheme + "://" + u.Host
	if a.Region == "" {
		a.Region = regionOf(u.Hostname())
	}
	// A poll that is not answered a while after its end never will be.
	a.Timeout = max(a.Timeout, wait+answerTime)
	if err := a.Validate(); err != nil {
		return nil, err
	}
	loaded, closeIdle, err := amazon.Load(ctx, a)
	if err != nil {
		return nil, err
	}
	failures := new(amazon.Failures)
	c := sqs.NewFromConfig(loaded, func(o *sqs.Options) {
		o.BaseEndpoint = &a.Endpoint
		o.APIOptions = append(o.APIOptions, failures.Count)
		if o.Region == "" {
			o.Region = "us-east-1" // a server other than AWS
		}
	})
	return &client{
		sqs: c, url: queueURL, closeIdle: closeIdle, failures: failures,
		asker: amazon.Asker{Server: a.Endpoint, Region: c.Options().Region, Role: a.RoleARN, Advise: advise},
	}, nil
}

// CheckURL says what is wrong with a queue's URL.
func CheckURL(text string) error {
	_, err := checkURL(text)
	return err
}

func checkURL(text string) (*url.URL, error) {
	if strings.Contains(text, "@") { // it is not repeated, for it may hold a secret
		return nil, errors.New("the URL of a queue holds no credentials: they come from the environment, a profile or a role")
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.Count(strings.Trim(u.Path, "/"), "/") != 1 ||
		u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("queue %q is not a URL like https://sqs.eu-central-1.amazonaws.com/123456789012/log-objects", text)
	}
	if strings.HasSuffix(u.Path, ".fifo") {
		return nil, fmt.Errorf("queue %q is a FIFO queue: S3 can't notify one, and a message that fails would hold up those behind it; use a standard queue", text)
	}
	return u, nil
}

// regionOf a host of SQS; empty for another.
func regionOf(host string) string {
	parts := strings.Split(host, ".")
	if len(parts) >= 4 && parts[0] == "sqs" && parts[2] == "amazonaws" {
		return parts[1]
	}
	return ""
}

// advise is what this source needs.
func advise(code string) string {
	// Some servers put the name of the service's model before it.
	switch code[strings.LastIndexByte(code, '#')+1:] {
	case "AccessDenied", "AccessDeniedException":
		return "these credentials lack a right: sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility and sqs:GetQueueAttributes are needed; the queue's policy may forbid them too"
	case "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist":
		return "there is no such queue; check its URL, region and account"
	case "KmsAccessDenied", "KMS.AccessDeniedException":
		return "a key of KMS encrypts the queue; kms:Decrypt on it is needed"
	}
	return ""
}

// attributes of a queue. The counts are approximate.
type attributes struct {
	visible, hidden, delayed int64
	// redrive says that the queue has a policy of its own for messages that
	// come too often.
	redrive bool
}

func (c *client) attributes(ctx context.Context) (attributes, error) {
	out, err := c.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &c.url, AttributeNames: []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed, types.QueueAttributeNameRedrivePolicy,
	}})
	if err != nil {
		return attributes{}, c.asker.Explain(ctx, "ask for the attributes of", c.url, err)
	}
	number := func(name types.QueueAttributeName) int64 {
		n, _ := strconv.ParseInt(out.Attributes[string(name)], 10, 64) // what is missing counts as none
		return n
	}
	var policy struct {
		Target string `json:"deadLetterTargetArn"`
	}
	_ = json.Unmarshal([]byte(out.Attributes[string(types.QueueAttributeNameRedrivePolicy)]), &policy) // none is empty
	return attributes{
		visible: number(types.QueueAttributeNameApproximateNumberOfMessages),
		hidden:  number(types.QueueAttributeNameApproximateNumberOfMessagesNotVisible),
		delayed: number(types.QueueAttributeNameApproximateNumberOfMessagesDelayed),
		redrive: policy.Target != "",
	}, nil
}

// receive polls for up to n messages, and hides them for a time.
func (c *client) receive(ctx context.Context, n int, wait, visibility time.Duration) ([]Message, error) {
	asked := time.Now()
	out, err := c.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &c.url, MaxNumberOfMessages: int32(min(n, atOnce)), WaitTimeSeconds: seconds(wait), VisibilityTimeout: seconds(visibility), //nolint:gosec // at most ten
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{
			types.MessageSystemAttributeNameSentTimestamp, types.MessageSystemAttributeNameApproximateReceiveCount,
		},
	})
	if err != nil {
		return nil, c.asker.Explain(ctx, "receive from", c.url, err)
	}
	messages := make([]Message, 0, len(out.Messages))
	for i := range out.Messages {
		m := &out.Messages[i]
		sent, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64)
		if err != nil {
			sent = 0 // as old as can be: it holds back what is claimed
		}
		received, _ := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)]) // none is the first
		messages = append(messages, Message{
			ID: aws.ToString(m.MessageId), Body: []byte(aws.ToString(m.Body)), Sent: time.UnixMilli(sent), Received: max(received, 1),
			handle: aws.ToString(m.ReceiptHandle), asked: asked,
		})
	}
	return messages, nil
}

// failure is why a request failed for one message.
type failure struct {
	code string
	// lasting: the message is not this process's any more.
	lasting bool
}

// hide sets for how long messages stay hidden, up to ten; 0 gives them back.
// It gives those that failed by their index.
func (c *client) hide(ctx context.Context, handles []string, visibility time.Duration) (map[int]failure, error) {
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &c.url}
	for i := range handles {
		in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &handles[i], VisibilityTimeout: seconds(visibility),
		})
	}
	out, err := c.sqs.ChangeMessageVisibilityBatch(ctx, in)
	if err != nil {
		return nil, c.asker.Explain(ctx, "change the visibility of messages of", c.url, err)
	}
	return failures(out.Failed), nil
}

// remove deletes messages, up to ten.
func (c *client) remove(ctx context.Context, handles []string) (map[int]failure, error) {
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &c.url}
	for i := range handles {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &handles[i]})
	}
	out, err := c.sqs.DeleteMessageBatch(ctx, in)
	if err != nil {
		return nil, c.asker.Explain(ctx, "delete messages of", c.url, err)
	}
	return failures(out.Failed), nil
}

func failures(failed []types.BatchResultErrorEntry) map[int]failure {
	found := map[int]failure{}
	for i := range failed {
		if at, err := strconv.Atoi(aws.ToString(failed[i].Id)); err == nil {
			found[at] = failure{aws.ToString(failed[i].Code), failed[i].SenderFault}
		}
	}
	return found
}

// seconds rounds up, for SQS counts in them.
func seconds(d time.Duration) int32 {
	return int32((d + time.Second - 1) / time.Second) //nolint:gosec // twelve hours at most
}
