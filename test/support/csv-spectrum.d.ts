declare module 'csv-spectrum' {
  type Cases = { name: string; csv: Buffer; json: Buffer }[];
  export default function spectrum(done: (error: Error | null, cases: Cases) => void): void;
}
