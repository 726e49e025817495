const PATHS = {
  board: 'M4 5h4v14H4zM10 5h4v9h-4zM16 5h4v11h-4z',
  chart: 'M4 20V4M4 20h16M8 16v-5M12 16V7M16 16v-3',
  hook: 'M9 8a3 3 0 1 1 4 2.8L10 16M15 15a3 3 0 1 1-2 4.5M13 17H8a3 3 0 1 0-1.5-2.6',
  import: 'M12 4v11M8 11l4 4 4-4M5 20h14',
  search: 'M11 5a6 6 0 1 1 0 12 6 6 0 0 1 0-12M15.5 15.5 20 20',
  plus: 'M12 5v14M5 12h14',
  move: 'M5 12h14M14 7l5 5-5 5',
  clock: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16M12 8v4l3 2',
  close: 'M6 6l12 12M18 6L6 18',
  up: 'M12 19V5M6 11l6-6 6 6',
  down: 'M12 5v14M6 13l6 6 6-6',
  unfold: 'M6 9l6 6 6-6',
  fold: 'M6 15l6-6 6 6',
  trash: 'M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12',
  back: 'M19 12H5M11 6l-6 6 6 6',
  out: 'M14 5h5v14h-5M10 8l-4 4 4 4M6 12h9',
  pencil: 'M5 19l1-4L16 5l3 3L9 18z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
