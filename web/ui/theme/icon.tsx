/** Line icons of 16 × 16, all of one stroke. */
const PATHS = {
  live: "M8 5.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5M3.8 3.8a6 6 0 0 0 0 8.400M12.2 3.800a6 6 0 0 1 0 8.4",
  clock: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M8 4.500V8l2.5 1.5",
  compare: "M5 2.500v11M11 2.500v11M2.5 5h2.500M11 11h2.500M2.5 11h2.500M11 5h2.5",
  search: "M7 2.500a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.3 10.300L13.5 13.5",
  layers: "M8 2l6 3.200L8 8.4 2 5.200zM2 8.400l6 3.2 6-3.200M2 11.200l6 3.2 6-3.2",
  fit: "M2.5 6V2.500H6M10 2.500h3.500V6M13.5 10v3.500H10M6 13.500H2.500V10",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  tidy: "M2.5 3h4v4h-4zM9.5 3h4v4h-4zM2.5 10h4v3.500h-4zM9.5 10h4v3.500h-4z",
  legend: "M2.5 3.500h2v2h-2zM2.5 10.500h2v2h-2zM7 4.500h6.500M7 11.500h6.5",
  keys: "M1.5 4h13v8h-13zM4 6.500h.1M6.7 6.500h.1M9.3 6.500h.1M12 6.500h.1M5 9.500h6",
  link: "M6.5 9.500l3-3M7 4.500l1.8-1.800a2.8 2.8 0 0 1 4 4L11 8.500M9 11.500l-1.8 1.800a2.8 2.8 0 0 1-4-4L5 7.5",
  pin: "M8 14V9.500M4.5 2.500h7M5.5 2.500v4L4 9.500h8L10.5 6.500v-4",
  camera: "M2 5h3l1-1.500h4L11 5h3v8H2zM8 7a2 2 0 1 0 0 4a2 2 0 1 0 0-4",
  close: "M4 4l8 8M12 4l-8 8",
  play: "M5 3l8 5-8 5z",
  pause: "M5 3v10M11 3v10",
  previous: "M11 3.500L6 8l5 4.500M4 3.500v9",
  next: "M5 3.500L10 8l-5 4.500M12 3.500v9",
  skip: "M2.5 4l4.5 4-4.5 4zM8.5 4L13 8l-4.5 4z",
  bell: "M4 11.500V7a4 4 0 0 1 8 0v4.500M2.5 11.500h11M6.5 13.500h3",
  theme: "M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12",
  language: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M2 8h12M8 2c-4 4-4 8 0 12M8 2c4 4 4 8 0 12",
  person: "M8 2.500a2.7 2.7 0 1 0 0 5.400a2.7 2.7 0 1 0 0-5.400M2.8 13.500c.6-5 9.8-5 10.4 0",
  table: "M2 3h12v10H2zM2 6.500h12M2 9.800h12M6 6.500V13",
  chart: "M2.5 2.500v11h11M4.5 10.500l3-3.5 2.5 2 3.5-5",
  chevron: "M4.5 6.500L8 10l3.5-3.5",
  right: "M6 4l4 4-4 4",
  swap: "M3 5.500h10M10.5 3L13 5.5 10.5 8M13 10.500H3M5.5 8L3 10.5 5.5 13",
  warning: "M8 2.500l6 11H2zM8 6.500v3M8 11.300v.2",
  check: "M3 8.500l3.5 3.500L13 4.5",
  trash: "M3 4.500h10M6 4.500v-2h4v2M4.5 4.500l.6 9h5.800l.6-9",
  host: "M2.5 2.500h11v4.500h-11zM2.5 9h11v4.500h-11zM5 4.800h.1M5 11.300h.1",
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: whoever uses it says in words what it means. */
export function Icon(props: { readonly name: IconName; readonly size?: number }) {
  const size = props.size ?? 16;
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.35"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[props.name]} />
    </svg>
  );
}

/** The product's mark: the sighting ring of a nephoscope. */
export function Mark() {
  return (
    <svg
      width="24"
      height="24"
      viewBox="0 0 24 24"
      fill="none"
      stroke="var(--accent)"
      strokeWidth="1.5"
      aria-hidden="true"
    >
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 3.500v3.500M12 17v3.500M3.5 12H7M17 12h3.5" strokeLinecap="round" />
      <path d="M12 12l4.2-4.2" strokeLinecap="round" />
      <circle cx="12" cy="12" r="1.7" fill="var(--accent)" stroke="none" />
    </svg>
  );
}
