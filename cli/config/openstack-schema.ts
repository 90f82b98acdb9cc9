import { type Static, Type } from "typebox";
import { OpenStackNotifications } from "./openstack-notifications-schema.ts";
import { CLUSTER_NAME, closed, number, optionalText, text } from "./schema-words.ts";

const secretFile = (what: string) => optionalText(`file that holds ${what}, read each time a token is asked for`);

const OpenStackSection = Type.Object(
  {
    cluster: Type.String({
      description: "cluster that its machines and networks belong to; the one its hosts' agents name",
      pattern: CLUSTER_NAME,
    }),
    auth_url: optionalText("Keystone: https://keystone.example:5000/v3"),
    clouds_file: optionalText(
      "a clouds.yaml of openstacksdk, with secure.yaml beside it, instead of auth_url and credentials; read each time a token is asked for",
    ),
    cloud: optionalText("name of the cloud in clouds_file"),
    regions: Type.Array(text("name of a region"), {
      description: "regions that are asked; every one of the catalogue when left out",
      default: [],
      uniqueItems: true,
    }),
    interface: Type.Union([Type.Literal("public"), Type.Literal("internal"), Type.Literal("admin")], {
      description: "which endpoints of the catalogue are asked",
      default: "public",
    }),
    user: optionalText("user, with password_file"),
    user_domain: text("name of his domain", "Default"),
    project: optionalText("project the token is for"),
    project_domain: text("name of its domain", "Default"),
    password: optionalText("password of the user"),
    password_file: secretFile("it"),
    application_credential_id: optionalText("instead of a user: id of an application credential"),
    application_credential_secret: optionalText("its secret"),
    application_credential_secret_file: secretFile("it"),
    ca_file: optionalText("PEM file with the authority of the endpoints' certificates, when it is a private one"),
    full_interval_seconds: number("everything is read this often", { default: 600, minimum: 30, maximum: 86_400 }),
    poll_interval_seconds: number("what changed is asked for this often", { default: 20, minimum: 2, maximum: 3_600 }),
    request_timeout_seconds: number("longest wait for one answer", { default: 30, minimum: 0.1, maximum: 600 }),
    round_timeout_seconds: number("longest a reading of one service may take", {
      default: 300,
      minimum: 1,
      maximum: 7_200,
    }),
    requests_per_second: number("most requests begun in a second", { default: 20, minimum: 0.1, maximum: 1_000 }),
    requests_at_once: number("most requests under way", { default: 8, minimum: 1, maximum: 64 }),
    max_answer_megabytes: number("largest answer", { default: 64, minimum: 0.001, maximum: 1_024 }),
    max_objects: number("most objects of one list", { default: 1_000_000, minimum: 10, maximum: 10_000_000 }),
    notifications: Type.Optional(OpenStackNotifications),
  },
  closed,
);

export const OpenStackSections = Type.Array(OpenStackSection, {
  description: "OpenStack clouds that are asked, read-only, for machines, networks and what else they have",
  default: [],
  maxItems: 200,
});
export type OpenStackSection = Static<typeof OpenStackSection>;
