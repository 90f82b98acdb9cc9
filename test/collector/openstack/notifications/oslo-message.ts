/** A message as oslo.messaging writes it to a topic exchange. */
export function osloMessage(eventType: string, payload: unknown): Buffer {
  const message = {
    message_id: "7c9b0a1e-5d0f-4a57-9a3f-0d6c0a2b1c55",
    publisher_id: "nova-compute:cmp-1",
    event_type: eventType,
    priority: "INFO",
    payload,
    timestamp: "2026-11-30 23:01:35.123456",
    _unique_id: "1f0f6bb9ff0b4e0c8f8a",
  };
  return Buffer.from(JSON.stringify({ "oslo.version": "2.0", "oslo.message": JSON.stringify(message) }));
}

export const SERVER = "178b0921-8f85-4257-88b6-2e743b5a975c";
export const PORT = "bda56153-488d-4b3c-8677-a1fa4ac4d7c1";
export const ROUTER = "c57216ca-c1c4-430d-a045-32851ca879e3";

export const instance = (uuid: string) => ({
  "nova_object.name": "InstanceActionPayload",
  "nova_object.namespace": "nova",
  "nova_object.version": "1.8",
  "nova_object.data": { uuid, host: "cmp-1", state: "active" },
});
