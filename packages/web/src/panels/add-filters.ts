// Loaded with the first filter: the parser comes with it.
export { addFilters } from '@haechi/dashboards'
