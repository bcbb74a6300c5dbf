import { NoData } from '../collector.ts'
import type { Collector } from '../collector.ts'
import type { SystemFiles } from '../system-files.ts'

/** Columns of `/proc/net/dev` behind the device's name. */
const NETDEV_COLUMNS = [
  'receive_bytes', 'receive_packets', 'receive_errs', 'receive_drop', 'receive_fifo', 'receive_frame', 'receive_compressed', 'receive_multicast',
  'transmit_bytes', 'transmit_packets', 'transmit_errs', 'transmit_drop', 'transmit_fifo', 'transmit_colls', 'transmit_carrier', 'transmit_compressed',
] as const

/** @see node_exporter `collector/netdev_linux.go` */
export function netdevCollector(files: SystemFiles): Collector {
  return {
    name: 'netdev',
    collect(out) {
      for (const line of files.read(`${files.proc}/net/dev`).split('\n')) {
        const parts = /^\s*(\S+):\s*(\d.*)$/.exec(line)
        if (parts === null) continue
        const device = parts[1]!
        const values = parts[2]!.trim().split(/\s+/)
        for (const [i, column] of NETDEV_COLUMNS.entries()) {
          out.counter(`node_network_${column}_total`, `Network device statistic ${column}.`, Number(values[i] ?? 0), 'device', device)
        }
        const nohandler = files.tryNumber(`${files.sys}/class/net/${device}/statistics/rx_nohandler`)
        if (nohandler !== undefined) out.counter('node_network_receive_nohandler_total', 'Network device statistic receive_nohandler.', nohandler, 'device', device)
      }
    },
  }
}

/** Fields that node_exporter shows by default. */
const NETSTAT_FIELD = /^(?:.*_(?:InErrors|InErrs)|Ip_Forwarding|Ip(?:6|Ext)_(?:InOctets|OutOctets)|Icmp6?_(?:InMsgs|OutMsgs)|TcpExt_(?:Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|Tcp_(?:ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|Udp6?_(?:InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$/

/** `/proc/net/netstat`, `snmp` and `snmp6`. @see node_exporter `collector/netstat_linux.go` */
export function netstatCollector(files: SystemFiles): Collector {
  return {
    name: 'netstat',
    collect(out) {
      const show = (protocol: string, field: string, value: string): void => {
        if (NETSTAT_FIELD.test(`${protocol}_${field}`)) out.untyped(`node_netstat_${protocol}_${field}`, `Statistic ${protocol}${field}.`, Number(value))
      }
      for (const file of ['netstat', 'snmp']) {
        // Lines in pairs: names, then values.
        const lines = files.read(`${files.proc}/net/${file}`).split('\n')
        for (let i = 0; i + 1 < lines.length; i += 2) {
          const names = lines[i]!.split(' ')
          const values = lines[i + 1]!.split(' ')
          const protocol = names[0]!.slice(0, -1)
          for (let k = 1; k < names.length; k++) show(protocol, names[k]!, values[k]!)
        }
      }
      // Without IPv6 there is no such file.
      for (const line of files.tryRead(`${files.proc}/net/snmp6`)?.split('\n') ?? []) {
        const parts = /^(\w*?6)(\w+)\s+(\d+)/.exec(line)
        if (parts !== null) show(parts[1]!, parts[2]!, parts[3]!)
      }
    },
  }
}

/** The page size of the architectures that Node runs on with few exceptions; the kernel tells it nowhere in text. */
const PAGE_BYTES = 4096

/** @see node_exporter `collector/sockstat_linux.go` */
export function sockstatCollector(files: SystemFiles): Collector {
  return {
    name: 'sockstat',
    collect(out) {
      for (const file of ['sockstat', 'sockstat6']) {
        for (const line of files.tryRead(`${files.proc}/net/${file}`)?.split('\n') ?? []) {
          const [head, ...pairs] = line.split(' ') as [string, ...string[]]
          const protocol = head.slice(0, -1)
          for (let i = 0; i + 1 < pairs.length; i += 2) {
            const [state, value] = [pairs[i]!, Number(pairs[i + 1])]
            if (protocol === 'sockets') out.gauge('node_sockstat_sockets_used', 'Number of IPv4 sockets in use.', value)
            else {
              out.gauge(`node_sockstat_${protocol}_${state}`, `Number of ${protocol} sockets in state ${state}.`, value)
              if (state === 'mem') out.gauge(`node_sockstat_${protocol}_mem_bytes`, `Number of ${protocol} sockets in state mem_bytes.`, value * PAGE_BYTES)
            }
          }
        }
      }
    },
  }
}

/** Columns of `/proc/net/softnet_stat`, hexadecimal; the CPU's number is in column 12 since Linux 5.10. */
const SOFTNET: readonly (readonly [column: number, metric: string, type: 'counter' | 'gauge', help: string])[] = [
  [0, 'processed_total', 'counter', 'Number of processed packets'], [1, 'dropped_total', 'counter', 'Number of dropped packets'],
  [2, 'times_squeezed_total', 'counter', 'Number of times processing packets ran out of quota'],
  [8, 'cpu_collision_total', 'counter', 'Number of collision occur while obtaining device lock while transmitting'],
  [9, 'received_rps_total', 'counter', 'Number of times cpu woken up received_rps'], [10, 'flow_limit_count_total', 'counter', 'Number of times flow limit has been reached'],
  [11, 'backlog_len', 'gauge', 'Softnet backlog status'],
]

/** @see node_exporter `collector/softnet_linux.go` */
export function softnetCollector(files: SystemFiles): Collector {
  return {
    name: 'softnet',
    collect(out) {
      for (const [row, line] of files.read(`${files.proc}/net/softnet_stat`).trim().split('\n').entries()) {
        const values = line.trim().split(/\s+/).map(hex => parseInt(hex, 16))
        const cpu = String(values[12] ?? row)
        for (const [column, metric, type, help] of SOFTNET) out[type](`node_softnet_${metric}`, help, values[column] ?? 0, 'cpu', cpu)
      }
    },
  }
}

/** @see node_exporter `collector/arp_linux.go` */
export function arpCollector(files: SystemFiles): Collector {
  return {
    name: 'arp',
    collect(out) {
      const counts = new Map<string, number>()
      for (const line of files.read(`${files.proc}/net/arp`).trim().split('\n').slice(1)) {
        const device = line.trim().split(/\s+/)[5]
        if (device !== undefined) counts.set(device, (counts.get(device) ?? 0) + 1)
      }
      for (const [device, count] of [...counts].sort()) out.gauge('node_arp_entries', 'ARP entries by device', count, 'device', device)
    },
  }
}

/** Columns of `/proc/net/stat/nf_conntrack` by name, one row per CPU. */
const CONNTRACK: readonly (readonly [column: string, metric: string, help: string])[] = [
  ['found', 'found', 'Number of searched entries which were successful.'], ['invalid', 'invalid', 'Number of packets seen which can not be tracked.'],
  ['ignore', 'ignore', 'Number of packets seen which are already connected to a conntrack entry.'], ['insert', 'insert', 'Number of entries inserted into the list.'],
  ['insert_failed', 'insert_failed', 'Number of entries for which list insertion was attempted but failed.'], ['drop', 'drop', 'Number of packets dropped due to conntrack failure.'],
  ['early_drop', 'early_drop', 'Number of dropped conntrack entries to make room for new ones, if maximum table size was reached.'],
  ['search_restart', 'search_restart', 'Number of conntrack table lookups which had to be restarted due to hashtable resizes.'],
]

/** @see node_exporter `collector/conntrack_linux.go` */
export function conntrackCollector(files: SystemFiles): Collector {
  return {
    name: 'conntrack',
    collect(out) {
      const entries = files.tryNumber(`${files.proc}/sys/net/netfilter/nf_conntrack_count`)
      const limit = files.tryNumber(`${files.proc}/sys/net/netfilter/nf_conntrack_max`)
      if (entries === undefined || limit === undefined) throw new NoData('connection tracking is not loaded')
      out.gauge('node_nf_conntrack_entries', 'Number of currently allocated flow entries for connection tracking.', entries)
      out.gauge('node_nf_conntrack_entries_limit', 'Maximum size of connection tracking table.', limit)
      const text = files.tryRead(`${files.proc}/net/stat/nf_conntrack`)
      if (text === undefined) throw new NoData('no statistics of connection tracking')
      const [head, ...rows] = text.split('\n').map(line => line.trim().split(/\s+/))
      for (const [column, metric, help] of CONNTRACK) {
        const at = head!.indexOf(column)
        out.gauge(`node_nf_conntrack_stat_${metric}`, help, rows.reduce((sum, row) => sum + (at < 0 ? 0 : parseInt(row[at] ?? '0', 16)), 0))
      }
    },
  }
}

/** Bytes in the queues of UDP sockets. @see node_exporter `collector/udp_queues_linux.go` */
export function udpQueuesCollector(files: SystemFiles): Collector {
  return {
    name: 'udp_queues',
    collect(out) {
      let found = false
      for (const [file, ip] of [['udp', 'v4'], ['udp6', 'v6']] as const) {
        const text = files.tryRead(`${files.proc}/net/${file}`)
        if (text === undefined) continue
        found = true
        let tx = 0
        let rx = 0
        for (const line of text.split('\n').slice(1)) {
          const queues = line.trim().split(/\s+/)[4]?.split(':')
          tx += parseInt(queues?.[0] ?? '0', 16)
          rx += parseInt(queues?.[1] ?? '0', 16)
        }
        out.gauge('node_udp_queues', UDP_QUEUES, rx, 'ip', ip, 'queue', 'rx')
        out.gauge('node_udp_queues', UDP_QUEUES, tx, 'ip', ip, 'queue', 'tx')
      }
      if (!found) throw new NoData('no UDP')
    },
  }
}

const UDP_QUEUES = 'Number of allocated memory in the kernel for UDP datagrams in bytes.'

/** @see node_exporter `collector/bonding_linux.go` */
export function bondingCollector(files: SystemFiles): Collector {
  return {
    name: 'bonding',
    collect(out) {
      const base = `${files.sys}/class/net`
      const masters = files.tryRead(`${base}/bonding_masters`)
      if (masters === undefined) throw new NoData('no bonding')
      for (const master of masters.split(/\s+/).filter(name => name !== '')) {
        const slaves = files.read(`${base}/${master}/bonding/slaves`).trim().split(/\s+/).filter(name => name !== '')
        const states = slaves.map(slave => files.tryRead(`${base}/${master}/lower_${slave}/bonding_slave/mii_status`) ?? files.tryRead(`${base}/${master}/slave_${slave}/bonding_slave/mii_status`))
        out.gauge('node_bonding_slaves', 'Number of configured slaves per bonding interface.', slaves.length, 'master', master)
        out.gauge('node_bonding_active', 'Number of active slaves per bonding interface.', states.filter(state => state === 'up').length, 'master', master)
      }
    },
  }
}
