import { pagesOf } from "./api/pages.ts";
import type { ServiceApi } from "./api/service-api.ts";
import { idAt, textAt } from "./api/words.ts";
import type { Names } from "./names.ts";
import { type ServiceSync, unlessMissing } from "./round.ts";

export interface ImageDeps {
  readonly api: Pick<ServiceApi, "get">;
  readonly maxObjects: number;
}

/** Glance: the names of images. */
export function imageSync({ api, maxObjects }: ImageDeps, images: Names): ServiceSync {
  return {
    full: async (round) => {
      const names = new Map<string, string>();
      const question = { path: "/images", member: "images", pageSize: 500, maxObjects };
      await unlessMissing("images", round, async () => {
        for await (const { objects } of pagesOf(api, question, round.signal)) {
          for (const image of objects) names.set(idAt(image) ?? "", textAt(image, "name") ?? "");
          round.count(objects.length);
        }
        images.replace(names);
      });
    },
  };
}
