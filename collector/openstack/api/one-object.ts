import { ApiError } from "./api-error.ts";
import type { ServiceApi } from "./service-api.ts";
import { type ApiObject, recordAt } from "./words.ts";

/** Where objects of a kind are asked for by their ids. */
export interface ObjectPlace {
  /** Of the list; with the id behind it, of one. */
  readonly path: string;
  /** Where one is in its answer. */
  readonly member: string;
}

/** `<path>/<id>`. Errors: ApiError (`not_found`) of an id that would lead to another path: no object has it. */
export function objectPath(path: string, id: string): string {
  if (id !== "" && id !== "." && id !== "..") return `${path}/${encodeURIComponent(id)}`;
  const hint = "who told it? ids of OpenStack are of letters and digits";
  throw new ApiError({ kind: "not_found", message: `${path}: no object has the id "${id}"`, hint });
}

/** `GET <path>/<id>`. Errors: ApiError. */
export async function readObject(
  api: Pick<ServiceApi, "get">,
  { path, member }: ObjectPlace,
  id: string,
  signal: AbortSignal,
  headers?: Record<string, string>,
): Promise<ApiObject> {
  const { body } = await api.get(objectPath(path, id), [], signal, headers);
  return recordAt(body, member);
}
