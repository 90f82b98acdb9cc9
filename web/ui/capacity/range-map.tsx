import { useElementSize } from "@mantine/hooks";
import type { CapacitySubnet } from "../../api/capacity.ts";
import { useTexts } from "../text/texts.tsx";
import { amountText, percentText, type Urgency } from "./capacity-words.ts";
import classes from "./range-map.module.css";
import { nameWithin, rangeMap } from "./range-map-geometry.ts";

const LANE = { height: 26, gap: 4 };

/** Where in the subnet each region's range lies, and how much of it is used; the words beside it say the same. */
export function RangeMap(props: {
  readonly subnet: CapacitySubnet;
  readonly urgencyOf: (region: string | undefined) => Urgency;
}) {
  const { capacity } = useTexts();
  const { ref, width } = useElementSize();
  const { subnet, urgencyOf } = props;
  const drawn = rangeMap(subnet.ranges, Math.max(200, width));
  if (drawn.length === 0) return null;
  const lanes = Math.max(...drawn.map(({ lane }) => lane)) + 1;
  const height = lanes * (LANE.height + LANE.gap) - LANE.gap;
  const wordsOf = ({ region, range, used, total, share }: CapacitySubnet["ranges"][number]): string => {
    const amount = capacity.ofTotal(amountText("addresses", used), amountText("addresses", total ?? 0));
    return `${region ?? "–"} ${range}: ${amount} (${percentText(share ?? 0)})`;
  };
  return (
    <div ref={ref} className={classes.map} data-testid="capacity-range-map">
      <svg width="100%" height={height} role="img" aria-label={capacity.rangeMap(subnet.subnet)}>
        {drawn.map(({ range, x, width: own, usedWidth, lane }) => {
          const y = lane * (LANE.height + LANE.gap);
          return (
            <g key={`${range.region ?? ""} ${range.range}`} data-urgency={urgencyOf(range.region)}>
              <title>{wordsOf(range)}</title>
              <rect className={classes.all} x={x + 0.5} y={y + 0.5} width={own - 1} height={LANE.height - 1} />
              <rect className={classes.used} x={x + 0.5} y={y + 0.5} width={usedWidth} height={LANE.height - 1} />
              <text className={classes.name} x={x + 6} y={y + LANE.height / 2 + 4}>
                {nameWithin(range.region ?? "–", own)}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}
