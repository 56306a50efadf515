/** The names that the server answers under where no account has them. */
export const SERVICE_NAMES = ['echo', 'tone'] as const;

export type ServiceName = (typeof SERVICE_NAMES)[number];

export const isServiceName = (name: string): name is ServiceName =>
  (SERVICE_NAMES as readonly string[]).includes(name);
