import { isApiError } from "./api/api-error.ts";
import type { ServiceApi } from "./api/service-api.ts";
import { type ApiObject, recordAt } from "./api/words.ts";
import type { Round } from "./round.ts";

/** More are read faster as the list of all. */
export const MOST_ONE_BY_ONE = 50;

/** `GET <path>/<id>` of each; what is not found is gone meanwhile. Errors: ApiError. */
export async function readOneByOne(
  api: Pick<ServiceApi, "get">,
  { path, member }: { readonly path: string; readonly member: string },
  ids: readonly string[],
  round: Round,
): Promise<{ readonly found: readonly ApiObject[]; readonly gone: readonly string[] }> {
  const [found, gone]: [ApiObject[], string[]] = [[], []];
  for (const id of ids) {
    try {
      const { body } = await api.get(`${path}/${id}`, [], round.signal);
      found.push(recordAt(body, member));
    } catch (error) {
      if (!isApiError(error, "not_found")) throw error;
      gone.push(id);
    }
  }
  round.count(found.length);
  return { found, gone };
}
