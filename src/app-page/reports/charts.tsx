import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { fitted, LETTER, NOTE_FONT, widthOf } from './letters.js';
import { ticksOf } from './scale.js';

/* Charts of our own: bars, stacked columns with or without a line, and a waterfall. Their text is text. */

type Show = (value: number) => string;

interface FrameProps {
  label: string;
  height: number;
  children: (width: number) => ComponentChildren;
}

/** A chart that is as wide as its place, so that its text keeps its size. */
function Frame({ label, height, children }: FrameProps) {
  const place = useRef<HTMLDivElement>(null);
  const width = useSignal(0);
  useEffect(() => {
    if (place.current === null) return;
    const observer = new ResizeObserver(([entry]) => (width.value = Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={place} class="chart" style={{ height: `${height}px` }}>
      {width.value > 0 && (
        <svg width={width.value} height={height} role="img" aria-label={label}>
          {children(width.value)}
        </svg>
      )}
    </div>
  );
}

export interface Bar {
  label: string;
  value: number;
  /** A part of the value, drawn into it. */
  part?: number;
  note: string;
}

const BAR_HEIGHT = 44;

/** Horizontal bars with a name above and a value beside each. */
export function Bars({ label, bars }: { label: string; bars: readonly Bar[] }) {
  const most = Math.max(...bars.map(({ value }) => value), 0) || 1;
  return (
    <Frame label={label} height={bars.length * BAR_HEIGHT + 4}>
      {(width) =>
        bars.map(({ label: name, value, part, note }, at) => {
          const y = at * BAR_HEIGHT;
          const scaled = (amount: number): number => Math.max((amount / most) * width, amount > 0 ? 2 : 0);
          return (
            <g key={at} transform={`translate(0 ${y})`}>
              <text class="chart-name" x={0} y={14}>
                {fitted(name, width - widthOf(note, NOTE_FONT) - GAP)}
                <title>{name}</title>
              </text>
              <text class="chart-value" x={width} y={14} text-anchor="end">
                {note}
              </text>
              <rect class="chart-track" x={0} y={20} width={width} height={14} rx={3} />
              <rect
                class={part === undefined ? 'series-1' : 'series-1 is-faint'}
                x={0}
                y={20}
                width={scaled(value)}
                height={14}
                rx={3}
              />
              {part !== undefined && <rect class="series-1" x={0} y={20} width={scaled(part)} height={14} rx={3} />}
            </g>
          );
        })
      }
    </Frame>
  );
}

const GAP = 16;

export interface Stack {
  label: string;
  /** A value for each series. */
  values: readonly number[];
  /** A share for the line, from 0 to 1. */
  share?: number | null;
}

interface ColumnsProps {
  label: string;
  series: readonly string[];
  stacks: readonly Stack[];
  show: Show;
}

const HEIGHT = 280;
const AXIS = 60;
const FOOT = 28;
/** Names that have no room beside each other slant. */
const SLANTED_FOOT = 76;
const TOP = 10;

/** Columns that are stacked, with a line of shares above them where there are any. */
export function StackedColumns({ label, series, stacks, show }: ColumnsProps) {
  const ticks = ticksOf(0, Math.max(...stacks.map(({ values }) => sum(values)), 0));
  const longest = Math.max(...stacks.map((stack) => stack.label.length));
  const hasLine = stacks.some(({ share }) => share !== undefined);
  return (
    <>
      <Legend names={hasLine ? [...series, 'Rate'] : series} />
      <Frame label={label} height={HEIGHT}>
        {(width) => {
          const { y, x, step, column } = placesIn(width, stacks.length, ticks, { right: hasLine ? 44 : 0 });
          const shareY = (share: number): number => HEIGHT - FOOT - share * (HEIGHT - FOOT - TOP);
          const points = stacks.flatMap(({ share }, at) =>
            share == null ? [] : [{ x: x(at) + column / 2, y: shareY(share) }],
          );
          return (
            <>
              <Axis ticks={ticks} y={y} width={width - (hasLine ? 44 : 0)} show={show} />
              {stacks.map(({ label: name, values }, at) => (
                <g key={name}>
                  {values.map((value, index) => (
                    <rect
                      key={series[index]}
                      class={`series-${index + 1}`}
                      x={x(at)}
                      width={column}
                      y={y(sum(values.slice(0, index + 1)))}
                      height={Math.max(0, y(sum(values.slice(0, index))) - y(sum(values.slice(0, index + 1))))}
                    >
                      <title>{`${name}, ${series[index] ?? ''}: ${show(value)}`}</title>
                    </rect>
                  ))}
                  <Foot
                    name={name}
                    at={at}
                    x={Math.min(x(at) + column / 2, width - (name.length * LETTER) / 2)}
                    step={step}
                    longest={longest}
                  />
                </g>
              ))}
              {hasLine &&
                [0, 0.5, 1].map((share) => (
                  <text key={share} class="chart-tick" x={width} y={shareY(share) + 4} text-anchor="end">
                    {share * 100}%
                  </text>
                ))}
              {hasLine && (
                <polyline class="chart-line" points={points.map((point) => `${point.x},${point.y}`).join(' ')} />
              )}
              {points.map((point) => (
                <circle key={point.x} class="chart-point" cx={point.x} cy={point.y} r={4} />
              ))}
            </>
          );
        }}
      </Frame>
    </>
  );
}

export interface Step {
  label: string;
  /** What it adds; undefined for one that starts from zero. */
  by?: number;
  total: number;
}

/** How one sum becomes another: each step begins where the one before it ended. */
export function Waterfall({ label, steps, show }: { label: string; steps: readonly Step[]; show: Show }) {
  const ticks = ticksOf(Math.min(...steps.map(({ total }) => total), 0), Math.max(...steps.map(topOf), 0));
  const longest = Math.max(...steps.map((each) => each.label.length));
  return (
    <Frame label={label} height={HEIGHT}>
      {(width) => {
        const isTight = (width - AXIS) / steps.length < longest * LETTER;
        const foot = isTight ? SLANTED_FOOT : FOOT;
        const { y, x, column } = placesIn(width, steps.length, ticks, { foot });
        return (
          <>
            <Axis ticks={ticks} y={y} width={width} show={show} />
            {steps.map(({ label: name, by, total }, at) => {
              const from = by === undefined ? 0 : total - by;
              const [top, bottom] = [y(Math.max(from, total)), y(Math.min(from, total))];
              const look = by === undefined ? 'series-1' : by >= 0 ? 'is-gain' : 'is-loss';
              return (
                <g key={name}>
                  <rect class={look} x={x(at)} width={column} y={top} height={by === 0 ? 0 : Math.max(bottom - top, 1)}>
                    <title>{`${name}: ${show(by ?? total)}`}</title>
                  </rect>
                  {at + 1 < steps.length && (
                    <line class="chart-joint" x1={x(at) + column} x2={x(at + 1)} y1={y(total)} y2={y(total)} />
                  )}
                  <text
                    class="chart-tick"
                    text-anchor={isTight ? 'end' : 'middle'}
                    transform={`translate(${x(at) + column / 2} ${HEIGHT - foot + 18})${isTight ? ' rotate(-40)' : ''}`}
                  >
                    {name}
                  </text>
                </g>
              );
            })}
          </>
        );
      }}
    </Frame>
  );
}

function topOf({ by = 0, total }: Step): number {
  return Math.max(total, total - by);
}

interface Places {
  x: (at: number) => number;
  y: (value: number) => number;
  step: number;
  column: number;
}

/** What lies beside the columns, and below them. */
interface Margins {
  right?: number;
  foot?: number;
}

function placesIn(
  width: number,
  columns: number,
  ticks: readonly number[],
  { right = 0, foot = FOOT }: Margins = {},
): Places {
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)];
  const step = (width - AXIS - right) / Math.max(columns, 1);
  const column = Math.min(step * 0.64, 56);
  return {
    x: (at) => AXIS + at * step + (step - column) / 2,
    y: (value) => TOP + ((high - value) / (high - low || 1)) * (HEIGHT - TOP - foot),
    step,
    column,
  };
}

function Axis({ ticks, y, width, show }: { ticks: readonly number[]; y: Places['y']; width: number; show: Show }) {
  return (
    <>
      {ticks.map((tick) => (
        <g key={tick}>
          <line class="chart-grid" x1={AXIS} x2={width} y1={y(tick)} y2={y(tick)} />
          <text class="chart-tick" x={AXIS - 8} y={y(tick) + 4} text-anchor="end">
            {show(tick)}
          </text>
        </g>
      ))}
    </>
  );
}

/** A name under a column; where there is no room for all, every second or third is left out. */
function Foot({ name, at, x, step, longest }: { name: string; at: number; x: number; step: number; longest: number }) {
  const room = Math.ceil((longest * LETTER) / step);
  if (at % room !== 0) return null;
  return (
    <text class="chart-tick" x={x} y={HEIGHT - 8} text-anchor="middle">
      {name}
    </text>
  );
}

function Legend({ names }: { names: readonly string[] }) {
  return (
    <ul class="legend">
      {names.map((name, at) => (
        <li key={name}>
          <span class={name === 'Rate' ? 'swatch is-line' : `swatch swatch-${at + 1}`} />
          {name}
        </li>
      ))}
    </ul>
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
