import type { CSSProperties } from "react";
import { useTexts } from "../text/texts.tsx";
import classes from "./map.module.css";
import type { Scene } from "./scene.ts";

/** The names of the bands stay at the left edge of the screen while the map moves under them. */
export function BandLabels(props: { readonly scene: Scene; readonly frame: React.RefObject<HTMLDivElement | null> }) {
  const texts = useTexts();
  return (
    <div aria-hidden="true" ref={props.frame}>
      {props.scene.bands.map((band, index) => {
        const style: CSSProperties & Record<`--${string}`, string> = {
          "--band-y": `${band.y}px`,
          "--band-height": `${band.height}px`,
        };
        return (
          <div key={band.name} style={style}>
            <div className={index % 2 === 0 ? `${classes.band} ${classes.bandEven}` : classes.band}>
              {texts.bands[band.name]}
              {band.count > 0 && <small>{band.count}</small>}
            </div>
            {band.count === 0 && <div className={classes.empty}>{texts.bandEmpty[band.name]}</div>}
          </div>
        );
      })}
    </div>
  );
}
