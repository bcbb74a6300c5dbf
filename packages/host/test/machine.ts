import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Files of a machine that has everything: two CPUs with frequency scaling, sensors, a battery, bonded network devices, partitions, several mounts. */
const FILES: Readonly<Record<string, string>> = {
  'proc/stat': `cpu  300 4 50 9000 20 1 2 3 4 5
cpu0 100 2 25 4000 10 1 1 2 3 4
cpu1 200 2 25 5000 10 0 1 1 1 1
intr 12345 1 2 3
ctxt 67890
btime 1700000000
processes 4242
procs_running 3
procs_blocked 1
softirq 100 0 1 2 3 4 5 6 7 8 9
`,
  'proc/loadavg': '0.52 1.25 2.00 1/123 4567\n',
  'proc/meminfo': `MemTotal:       16318480 kB
MemFree:          123456 kB
MemAvailable:   12000000 kB
Active(anon):      55555 kB
HugePages_Total:       4
Hugepagesize:       2048 kB
`,
  'proc/vmstat': 'nr_free_pages 111\npgpgin 222\npgpgout 333\npswpin 4\npswpout 5\npgfault 666\npgmajfault 7\noom_kill 8\nnuma_hit 9\n',
  'proc/diskstats': `   8       0 sda 100 10 2000 500 200 20 4000 1500 2 1800 2100 30 3 4000 50 6 70
   8       1 sda1 90 9 1800 400 190 19 3800 1400 0 1700 2000 30 3 4000 50 0 0
 259       0 nvme0n1 7 6 5 4 3 2 1 0 1 2 3
   7       0 loop0 1 0 2 0 0 0 0 0 0 0 0 0 0 0 0 0 0
`,
  'proc/net/dev': `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1000      10    0    0    0     0          0         0     1000      10    0    0    0     0       0          0
  eth0:2000000 20 1 2 3 4 5 6 3000000 30 7 8 9 10 11 12
`,
  'proc/net/netstat': `TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPTimeouts TW
TcpExt: 1 2 3 4 5
IpExt: InOctets OutOctets InNoRoutes
IpExt: 600 700 8
`,
  'proc/net/snmp': `Ip: Forwarding DefaultTTL InReceives
Ip: 1 64 99
Icmp: InMsgs InErrors OutMsgs
Icmp: 1 2 3
Tcp: RtoAlgorithm ActiveOpens PassiveOpens CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts MaxConn
Tcp: 1 10 20 30 40 50 60 70 80 -1
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors
Udp: 1 2 3 4 5 6
`,
  'proc/net/snmp6': 'Ip6InReceives                   \t9\nIp6InOctets                     \t688\nIp6OutOctets                    \t1584\nIcmp6InMsgs                     \t1\nUdp6InDatagrams                 \t5\nUdpLite6InErrors                \t2\n',
  'proc/net/sockstat': 'sockets: used 229\nTCP: inuse 4 orphan 1 tw 4 alloc 17 mem 2\nUDP: inuse 3 mem 1\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n',
  'proc/net/sockstat6': 'TCP6: inuse 17\nUDP6: inuse 9\nRAW6: inuse 1\nFRAG6: inuse 0 memory 0\n',
  'proc/net/softnet_stat': '00015c73 00020e76 f0000769 00000000 00000000 00000000 00000000 00000000 00000001 00000002 00000003 00000000 00000000 00000000 00000000\n01663fb2 00000000 0000010a 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000004 00000001 00000000 00000000\n',
  'proc/net/arp': 'IP address       HW type     Flags       HW address            Mask     Device\n192.168.1.1      0x1         0x2         cc:aa:dd:ee:aa:bb     *        eth0\n192.168.1.2      0x1         0x2         bb:cc:dd:ee:ff:aa     *        eth0\n10.0.0.1         0x1         0x2         ff:ee:dd:cc:bb:aa     *        eth1\n',
  'proc/net/stat/nf_conntrack': 'entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart\n00000021  00000000 00000001 00000000 00000003 00000005 00000000 00000000 00000002 00000000 00000001 00000000 00000000  00000000 00000000 00000000 00000007\n00000021  00000000 00000002 00000000 0000000a 00000000 00000000 00000000 00000000 00000001 00000000 00000004 00000000  00000000 00000000 00000000 00000000\n',
  'proc/net/udp': '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n    0: 00000000:0016 00000000:0000 0A 00000015:00000001 00:00000000 00000000     0        0 2740 1 ffff88003d3af3c0 0\n    1: 00000000:0017 00000000:0000 0A 00000002:00000000 00:00000000 00000000     0        0 2741 1 ffff88003d3af3c0 0\n',
  'proc/net/udp6': '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n 1315: 00000000000000000000000000000000:14EB 00000000000000000000000000000000:0000 07 00000000:00000010 00:00000000 00000000   981        0 21040 2 0000000013726323 0\n',
  'proc/sys/net/netfilter/nf_conntrack_count': '123\n',
  'proc/sys/net/netfilter/nf_conntrack_max': '65536\n',
  'proc/sys/fs/file-nr': '1024\t0\t1631329\n',
  'proc/sys/kernel/random/entropy_avail': '1337\n',
  'proc/sys/kernel/random/poolsize': '4096\n',
  'proc/sys/kernel/hung_task_detect_count': '3\n',
  'proc/pressure/cpu': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=14036781\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
  'proc/pressure/io': 'some avg10=0.18 avg60=0.34 avg300=0.10 total=159886802\nfull avg10=0.18 avg60=0.34 avg300=0.10 total=159229614\n',
  'proc/pressure/memory': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=250000\n',
  'proc/pressure/irq': 'full avg10=0.00 avg60=0.00 avg300=0.00 total=8494\n',
  'proc/schedstat': `version 15
timestamp 15819019232
cpu0 498494191 0 3533438552 2553969831 3853684107 2465731542 2045936778163039 343796328169361 4767485306
domain0 00000000,00000003 212499247 210112015 1861015
cpu1 518377256 0 4155211005 2778589869 10466382 2867629021 1904686152592476 364107263788241 5145567945
`,
  'proc/1/mountinfo': `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/root rw
30 27 8:1 / /with\\040space ro,relatime - ext4 /dev/sda1 rw
31 27 0:30 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
32 27 0:31 / /missing rw,relatime - xfs /dev/sdz rw
33 27 0:32 / /run/credentials/a.service ro - ramfs none rw
`,
  'sys/class/net/bonding_masters': 'bond0\n',
  'sys/class/net/bond0/bonding/slaves': 'eth0 eth1\n',
  'sys/class/net/bond0/lower_eth0/bonding_slave/mii_status': 'up\n',
  'sys/class/net/bond0/lower_eth1/bonding_slave/mii_status': 'down\n',
  'sys/class/net/bond0/operstate': 'up\n',
  'sys/class/net/bond0/flags': '0x1103\n',
  'sys/class/net/eth0/addr_assign_type': '3\n',
  'sys/class/net/eth0/address': '01:01:01:01:01:01\n',
  'sys/class/net/eth0/broadcast': 'ff:ff:ff:ff:ff:ff\n',
  'sys/class/net/eth0/carrier': '1\n',
  'sys/class/net/eth0/carrier_changes': '2\n',
  'sys/class/net/eth0/carrier_up_count': '1\n',
  'sys/class/net/eth0/carrier_down_count': '1\n',
  'sys/class/net/eth0/dev_id': '0x20\n',
  'sys/class/net/eth0/dormant': '1\n',
  'sys/class/net/eth0/duplex': 'full\n',
  'sys/class/net/eth0/flags': '0x1303\n',
  'sys/class/net/eth0/ifalias': '\n',
  'sys/class/net/eth0/ifindex': '2\n',
  'sys/class/net/eth0/iflink': '2\n',
  'sys/class/net/eth0/link_mode': '1\n',
  'sys/class/net/eth0/mtu': '1500\n',
  'sys/class/net/eth0/name_assign_type': '2\n',
  'sys/class/net/eth0/netdev_group': '0\n',
  'sys/class/net/eth0/operstate': 'up\n',
  'sys/class/net/eth0/speed': '1000\n',
  'sys/class/net/eth0/tx_queue_len': '1000\n',
  'sys/class/net/eth0/type': '1\n',
  'sys/class/thermal/thermal_zone0/type': 'cpu-thermal\n',
  'sys/class/thermal/thermal_zone0/temp': '49925\n',
  'sys/class/thermal/cooling_device0/type': 'Processor\n',
  'sys/class/thermal/cooling_device0/max_state': '3\n',
  'sys/class/thermal/cooling_device0/cur_state': '1\n',
  'sys/class/power_supply/AC/online': '1\n',
  'sys/class/power_supply/AC/type': 'Mains\n',
  'sys/class/power_supply/BAT0/capacity': '81\n',
  'sys/class/power_supply/BAT0/capacity_level': 'Normal\n',
  'sys/class/power_supply/BAT0/cycle_count': '5\n',
  'sys/class/power_supply/BAT0/energy_full': '50060000\n',
  'sys/class/power_supply/BAT0/energy_full_design': '47520000\n',
  'sys/class/power_supply/BAT0/energy_now': '49450000\n',
  'sys/class/power_supply/BAT0/manufacturer': 'LGC\n',
  'sys/class/power_supply/BAT0/model_name': 'LNV-45N1\n',
  'sys/class/power_supply/BAT0/power_now': '4830000\n',
  'sys/class/power_supply/BAT0/present': '1\n',
  'sys/class/power_supply/BAT0/status': 'Discharging\n',
  'sys/class/power_supply/BAT0/technology': 'Li-ion\n',
  'sys/class/power_supply/BAT0/type': 'Battery\n',
  'sys/class/power_supply/BAT0/voltage_min_design': '10800000\n',
  'sys/class/power_supply/BAT0/voltage_now': '12229000\n',
  'sys/class/dmi/id/bios_vendor': 'Maker\n',
  'sys/class/dmi/id/product_name': 'Machine 1\n',
  'sys/class/dmi/id/sys_vendor': 'Maker Inc.\n',
  'sys/devices/system/edac/mc/mc0/ce_count': '1\n',
  'sys/devices/system/edac/mc/mc0/ce_noinfo_count': '2\n',
  'sys/devices/system/edac/mc/mc0/ue_count': '5\n',
  'sys/devices/system/edac/mc/mc0/ue_noinfo_count': '6\n',
  'sys/devices/system/edac/mc/mc0/csrow0/ce_count': '3\n',
  'sys/devices/system/edac/mc/mc0/csrow0/ue_count': '4\n',
  'sys/devices/system/clocksource/clocksource0/available_clocksource': 'tsc hpet acpi_pm \n',
  'sys/devices/system/clocksource/clocksource0/current_clocksource': 'tsc\n',
  'sys/devices/system/cpu/offline': '\n',
  'sys/block/sda/queue/rotational': '1\n',
  'sys/devices/platform/coretemp.0/hwmon/hwmon0/name': 'coretemp\n',
  'sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_input': '55000\n',
  'sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_label': 'Core 0\n',
  'sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_crit': '100000\n',
  'sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_crit_alarm': '0\n',
  'sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_max': '84000\n',
  'sys/devices/platform/it87.552/hwmon/hwmon1/name': 'it8728\n',
  'sys/devices/platform/it87.552/hwmon/hwmon1/fan1_input': '1098\n',
  'sys/devices/platform/it87.552/hwmon/hwmon1/fan1_min': '0\n',
  'sys/devices/platform/it87.552/hwmon/hwmon1/fan1_alarm': '0\n',
  'sys/devices/platform/it87.552/hwmon/hwmon1/in0_input': '1932\n',
  'sys/devices/platform/it87.552/hwmon/hwmon1/pwm1': '178\n',
  'sys/devices/platform/it87.552/hwmon/hwmon1/pwm1_enable': '2\n',
  'sys/devices/platform/it87.552/hwmon/hwmon1/power1_average': '144000000\n',
  'sys/devices/platform/it87.552/hwmon/hwmon1/energy1_input': '5000000\n',
  'sys/devices/platform/it87.552/hwmon/hwmon1/curr1_input': '200\n',
  'sys/devices/platform/it87.552/hwmon/hwmon1/temp2_type': '3\n',
  'sys/devices/platform/it87.552/hwmon/hwmon1/beep_enable': '1\n',
  'sys/devices/platform/it87.552/hwmon/hwmon1/update_interval': '1500\n',
  'root/etc/os-release': 'PRETTY_NAME="Example OS 24.04 LTS"\nNAME="Example OS"\nVERSION_ID="24.04"\nVERSION="24.04 (Nice Name)"\nVERSION_CODENAME=nice\nID=example\nID_LIKE=\'debian ubuntu\'\nBUILD_ID=a\\b\nSUPPORT_END=2029-04-30\n',
  'root/run/udev/data/b8:0': 'S:disk/by-id/x\nE:ID_MODEL=Disk_One\nE:ID_SERIAL=Disk_One_S1\nE:ID_SERIAL_SHORT=S1\nE:ID_PATH=pci-0000\nE:ID_REVISION=1.0\nE:ID_WWN=0x5000\n',
  'root/with space/file': 'x',
}

const LINKS: Readonly<Record<string, string>> = {
  'sys/class/hwmon/hwmon0': '../../devices/platform/coretemp.0/hwmon/hwmon0',
  'sys/class/hwmon/hwmon1': '../../devices/platform/it87.552/hwmon/hwmon1',
  'sys/devices/platform/coretemp.0/hwmon/hwmon0/device': '../../../coretemp.0',
  'sys/devices/platform/it87.552/hwmon/hwmon1/device': '../../../it87.552',
}

/** Writes the machine's files into a folder: `proc`, `sys` and `root`. */
export function writeMachine(folder: string): void {
  const files: Record<string, string> = { ...FILES }
  for (const cpu of ['0', '1']) {
    const at = `sys/devices/system/cpu/cpu${cpu}/cpufreq`
    files[`${at}/scaling_governor`] = 'powersave\n'
    files[`${at}/scaling_available_governors`] = 'performance powersave\n'
    files[`${at}/scaling_cur_freq`] = `${1_200_000 + Number(cpu)}\n`
    files[`${at}/scaling_min_freq`] = '800000\n'
    files[`${at}/scaling_max_freq`] = '3700000\n'
    files[`${at}/scaling_driver`] = 'intel_pstate\n'
    files[`${at}/related_cpus`] = `${cpu}\n`
    files[`${at}/scaling_setspeed`] = '<unsupported>\n'
    files[`${at}/cpuinfo_transition_latency`] = '0\n'
    files[`${at}/cpuinfo_min_freq`] = '800000\n'
    files[`${at}/cpuinfo_max_freq`] = '3700000\n'
    files[`${at}/cpuinfo_cur_freq`] = '1200195\n'
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  for (const [path, target] of Object.entries(LINKS)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    symlinkSync(target, join(folder, path))
  }
}
