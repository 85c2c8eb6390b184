/** `20240131235959`, as the web UI names the start of a job. */
export const timestamp = (time: Date): string => time.toISOString().replaceAll(/\D/g, '').slice(0, 14)
