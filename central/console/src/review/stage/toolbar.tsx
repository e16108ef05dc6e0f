// The tools over the image: window, colours, what is stripped, inverse, boxes, sweep; each with its key.

import { Slider } from "antd";

import type { Finding } from "../../api/image-types.ts";
import { useText } from "../../i18n/text.ts";
import { HIGHEST, MATERIALS, WINDOWS } from "../volume/colour.ts";
import { metalOnly, type View } from "./use-view.ts";

/** The slider's ends: what lies above is reached by dragging in the picture. */
const SLIDER_HIGHEST = HIGHEST / 2;

export function Toolbar({ view, findings }: { view: View; findings: readonly Finding[] }) {
  const { review: words } = useText();
  const { state } = view;
  const { window, colour, strip, inverse } = state.look;
  return (
    <div className="tools" role="toolbar" aria-label={words.tools}>
      <span className="tool-group" role="group" aria-label={words.window}>
        <span className="tool-name">
          <kbd>W</kbd> {words.window}
        </span>
        {WINDOWS.map(({ name, low, high }) => (
          <Tool key={name} on={low === window.low && high === window.high} act={() => view.setWindow({ low, high })}>
            {words.windows[name]}
          </Tool>
        ))}
        <Slider
          className="tool-window"
          range
          min={0}
          max={SLIDER_HIGHEST}
          step={10}
          value={[window.low, Math.min(SLIDER_HIGHEST, window.high)]}
          onChange={([low = 0, high = 600]) => view.setWindow({ low, high })}
          tooltip={{ open: false }}
          ariaLabelForHandle={[words.windowLow, words.windowHigh]}
        />
      </span>
      <span className="tool-group" role="group" aria-label={words.colours}>
        <Tool on={colour === "zeff"} act={view.toggleColour} hint="C">
          {words.colour}
        </Tool>
        {MATERIALS.map((material) => (
          <Tool
            key={material}
            on={!strip.includes(material)}
            act={() => view.toggleStrip(material)}
            title={words.strip(words.materials[material])}
          >
            <i className={`swatch swatch-${colour === "zeff" ? material : "grey"}`} aria-hidden="true" />
            {words.materials[material]}
          </Tool>
        ))}
        <Tool on={metalOnly(strip)} act={view.toggleMetalOnly} hint="M">
          {words.metalOnly}
        </Tool>
        <Tool on={inverse} act={view.toggleInverse} hint="I">
          {words.inverse}
        </Tool>
      </span>
      <span className="tool-group push">
        <Tool on={state.cropped} act={view.toggleCrop} hint="Z">
          {words.crop}
        </Tool>
        <Tool on={state.boxes} act={view.toggleBoxes} hint="X">
          {words.boxes}
        </Tool>
        <Tool on={false} act={() => view.nextBox(state.chosen)} hint="B" disabled={findings.length === 0}>
          {words.nextBox}
        </Tool>
        <Tool on={state.sweeping} act={view.toggleSweep} hint="A">
          {state.sweeping ? words.sweepStop : words.sweep}
        </Tool>
      </span>
    </div>
  );
}

interface ToolProps {
  on: boolean;
  act: () => void;
  hint?: string;
  title?: string;
  disabled?: boolean;
  children: React.ReactNode;
}

function Tool({ on, act, hint, title, disabled = false, children }: ToolProps) {
  return (
    <button type="button" className="tool" aria-pressed={on} onClick={act} title={title} disabled={disabled}>
      {hint ? <kbd>{hint}</kbd> : null}
      {children}
    </button>
  );
}
