package awslab

import (
	"time"
)

// event is one line of CloudTrail's event history.
type event struct {
	at        time.Time
	id        string
	operation string
	key       string
	record    map[string]any
}

// logged notes a decision, as CloudTrail does of management events.
func (a *AWS) logged(c call, v verdict) {
	at := a.cfg.Now().UTC()
	record := map[string]any{
		"eventTime": at.Format(time.RFC3339), "requestID": c.id, "eventName": c.operation,
		"userIdentity": map[string]any{"arn": c.as.arn, "accessKeyId": c.as.id, "accountId": Account},
	}
	if !v.allowed {
		record["errorCode"] = map[bool]string{true: "Client.UnauthorizedOperation", false: "AccessDenied"}[c.protocol == "ec2query"]
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events = append(a.events, event{at, a.random(), c.operation, c.as.id, record})
}

// lookup answers LookupEvents, which finds by one attribute.
func (c call) lookup() string {
	key := ""
	if attributes, _ := c.in["LookupAttributes"].([]any); len(attributes) == 1 {
		if a, _ := attributes[0].(map[string]any); a["AttributeKey"] == "AccessKeyId" {
			key, _ = a["AttributeValue"].(string)
		}
	}
	found := []map[string]any{}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		if e.key == key {
			found = append(found, map[string]any{
				"EventId": e.id, "EventName": e.operation, "EventTime": e.at.Unix(), "AccessKeyId": e.key, "CloudTrailEvent": encode(e.record),
			})
		}
	}
	return encode(map[string]any{"Events": found})
}
