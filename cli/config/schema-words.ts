import { type TSchema, Type } from "typebox";

/** Unknown keys are refused. */
export const closed = { additionalProperties: false };

export const text = (description: string, fallback?: string) =>
  Type.String({ description, minLength: 1, ...(fallback === undefined ? {} : { default: fallback }) });

export const optionalText = (description: string) => Type.Optional(text(description));

export const number = (description: string, limits: { default?: number; minimum: number; maximum: number }) =>
  Type.Number({ description, ...limits });

export const CLUSTER_NAME = "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$";

export const secretFile = optionalText("file that holds it");

export const section = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Object(properties, { ...closed, default: {} });
