import type { CapacityClusterSchema } from "../../api/capacity.ts";
import { parseInstant } from "../api/parse.ts";
import { useServerNow } from "../app/server-clock.ts";
import { agoText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import classes from "./capacity.module.css";

const NOW_STEP_MS = 30_000;

/** Says which clusters were not heard of for long. */
export function StaleNote({ clusters }: { readonly clusters: readonly CapacityClusterSchema[] }) {
  const texts = useTexts();
  const now = useServerNow(NOW_STEP_MS);
  const stale = clusters.filter((cluster) => cluster.stale);
  if (stale.length === 0) return null;
  return (
    <section className={classes.stale} role="status" data-testid="capacity-stale">
      <Icon name="warning" />
      <div>
        {stale.map(({ cluster, synced_at }) => (
          <p key={cluster}>
            <strong>{texts.capacity.stale(cluster, agoText(parseInstant(synced_at), now, texts))}</strong>
          </p>
        ))}
        <p>{texts.capacity.staleHint}</p>
      </div>
    </section>
  );
}
