import { type Static, Type } from "typebox";
import { closed, optionalText, text } from "./schema-words.ts";

export const OpenStackNotifications = Type.Object(
  {
    brokers: Type.Array(text("amqps://broker.example:5671, or amqp:// without TLS"), {
      description: "the nodes of the RabbitMQ that the cloud's services notify, tried in turn",
      minItems: 1,
      maxItems: 20,
      uniqueItems: true,
    }),
    vhost: text("virtual host", "/"),
    user: text("user of RabbitMQ; of those of OpenStack none is needed"),
    password: optionalText("his password"),
    password_file: optionalText("file that holds it, read at each connection"),
    ca_file: optionalText("PEM file with the authority of the brokers' certificates, when it is a private one"),
    exchanges: Type.Array(text("control_exchange of a service"), {
      description: "exchanges that are listened at; those that are not there yet are looked for again",
      // What each service sets for itself; openstack is what one has that sets none, as Cinder.
      default: ["nova", "neutron", "cinder", "octavia", "keystone", "openstack"],
      minItems: 1,
      maxItems: 50,
      uniqueItems: true,
    }),
    topics: Type.Array(text("topic"), {
      description: "[oslo_messaging_notifications] topics of the services, and Nova's versioned_notifications_topics",
      default: ["notifications", "versioned_notifications"],
      minItems: 1,
      maxItems: 20,
      uniqueItems: true,
    }),
    queue: Type.Optional(
      Type.String({
        description: "queue that is declared there, this collector's alone; nephoscope.<host>.<cluster> when left out",
        minLength: 1,
        maxLength: 200,
      }),
    ),
  },
  {
    ...closed,
    description: "where the cloud's services tell of changes: what changed is then asked for at once",
  },
);
export type OpenStackNotifications = Static<typeof OpenStackNotifications>;
