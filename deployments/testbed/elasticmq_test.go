//go:build servers

package testbed_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"earwitness/deployments/testbed"
)

// TestElasticMQ: a message that was received is hidden, comes again when it is
// given back, and moves to the dead letters of its queue.
func TestElasticMQ(t *testing.T) {
	t.Parallel()
	began := time.Now()
	server, err := testbed.ElasticMQ(t.Context(), testbed.ElasticMQConfig{})
	if err != nil {
		t.Fatal(err)
	}
	stopAtEnd(t, server)
	t.Logf("%s: started in %s", server, time.Since(began).Round(time.Millisecond))
	client := sqs.New(sqs.Options{
		BaseEndpoint: &server.Endpoint, Region: server.Region,
		Credentials: credentials.NewStaticCredentialsProvider(server.Anybody.User, server.Anybody.Password, ""),
	})
	create := func(name string, attributes map[string]string) *string {
		t.Helper()
		out, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
		if err != nil {
			t.Fatal(err)
		}
		return out.QueueUrl
	}
	dead := create("dead", nil)
	queue := create("queue", map[string]string{
		"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":"1"}`,
	})
	receive := func(from *string) []types.Message {
		t.Helper()
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: from, VisibilityTimeout: 60})
		if err != nil {
			t.Fatal(err)
		}
		return out.Messages
	}
	if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue, MessageBody: aws.String("told")}); err != nil {
		t.Fatal(err)
	}
	got := receive(queue)
	if len(got) != 1 || aws.ToString(got[0].Body) != "told" || len(receive(queue)) != 0 {
		t.Fatalf("received %v", got)
	}
	_, err = client.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: queue, ReceiptHandle: got[0].ReceiptHandle})
	if err != nil {
		t.Fatal(err)
	}
	if again, gone := receive(queue), receive(dead); len(again) != 0 || len(gone) != 1 {
		t.Errorf("%d come again, %d are dead", len(again), len(gone))
	}
	if err := errors.Join(server.Node.Stop(t.Context()), server.Node.Start(t.Context())); err != nil {
		t.Fatal(err)
	}
}
