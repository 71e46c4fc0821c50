"""Attempts on the network, and on the kernel's rarer services. Refused calls: `syscalls.py` has one attempt for each."""

# ruff: noqa: E501 - one attempt, one line

from __future__ import annotations

from tests.tools.escapes.attempt import Attempt, real, table

NETWORK = real(
    reach_the_engine="socket.create_connection(('127.0.0.1', {engine}), 2).recv(99) == b'{secret}'",
    reach_the_engine_over_ipv6_notation="socket.create_connection(('::ffff:127.0.0.1', {engine}), 2).recv(99) == b'{secret}'",
    reach_the_engine_by_a_short_address="socket.create_connection(('0.0.0.0', {engine}), 2).recv(99)",
    reach_the_engine_by_name="socket.create_connection(('localhost', {engine}), 2).recv(99)",
    ask_the_engine_by_datagram="s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(1); s.sendto(b'?', ('127.0.0.1', {datagrams})); s.recv(99)",
    reach_the_engine_with_bash="subprocess.run(['bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/{engine}'], capture_output=True).returncode == 0",
    reach_an_abstract_socket="s = socket.socket(socket.AF_UNIX); s.connect('\\0{marker}'); True",
    reach_an_abstract_datagram_socket="s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.sendto(b'?', '\\0{marker}-datagrams') == 1",
    reach_a_socket_file="s = socket.socket(socket.AF_UNIX); s.connect('{socket_file}'); True",
    see_listening_ports="any(f':%04X' % {engine} in line for line in open('/proc/net/tcp'))",
    see_abstract_sockets="'{marker}' in open('/proc/net/unix').read()",
    learn_the_host_s_name="socket.gethostname() == '{host}'",
)
NETWORK_MORE = table(
    ask_the_name_service="socket.getaddrinfo('example.com', 443)",
    ask_a_public_name_server="s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('1.1.1.1', 53)) == 1",
    reach_the_engine_by_another_loopback_address="socket.create_connection(('127.9.9.9', {engine}), 2).recv(99)",
    connect_to_the_internet="socket.create_connection(('1.1.1.1', 443), 2)",
    connect_to_the_internet_over_ipv6="socket.create_connection(('2606:4700:4700::1111', 443), 2)",
    ask_for_cloud_credentials="socket.create_connection(('169.254.169.254', 80), 2)",
    connect_to_a_private_network="socket.create_connection(('192.168.1.1', 80), 2)",
    connect_to_the_host_of_a_container="socket.create_connection(('172.17.0.1', 80), 2)",
    send_to_everybody="s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(1, 6, 1); s.sendto(b'x', ('255.255.255.255', 9)) == 1",
    send_to_a_group="s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('224.0.0.1', 9)) == 1",
    see_more_than_the_loopback="len(open('/proc/net/dev').read().strip().splitlines()) > 3",
    see_a_route="len(open('/proc/net/route').read().strip().splitlines()) > 1",
    add_an_interface="subprocess.run(['ip', 'link', 'add', 'd0', 'type', 'dummy'], capture_output=True).returncode == 0",
    add_an_address="import fcntl; s = socket.socket(); fcntl.ioctl(s, 0x8916, struct.pack('16s16s', b'lo', struct.pack('HH4s', 2, 0, bytes([10, 0, 0, 1])))); True",
    use_a_low_port="s = socket.socket(); s.bind(('127.0.0.1', 80)); True",
    send_raw_packets="socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    read_packets="socket.socket(17, socket.SOCK_RAW, 768)",
    run_ping="subprocess.run(['ping', '-c1', '-W1', '1.1.1.1'], capture_output=True).returncode == 0",
)
_FAMILIES = {
    "AX.25": 3, "IPX": 4, "AppleTalk": 5, "X.25": 9, "key management": 15, "netlink": 16, "packets": 17, "RDS": 21, "CAN": 29,
    "TIPC": 30, "Bluetooth": 31, "kernel crypto": 38, "NFC": 39, "virtual machine sockets": 40, "XDP": 44, "MCTP": 45,
}  # fmt: skip
FAMILIES = tuple(
    Attempt(f"open a socket for {name}", f"socket.socket({family}, socket.SOCK_RAW if {family} in (16, 17) else 1)")
    for name, family in _FAMILIES.items()
) + table(
    open_a_pair_of_netlink_sockets="socket.socketpair(16, socket.SOCK_RAW)",
    hide_the_family_in_the_upper_half="sc('socket', (1 << 32) | 16, 3, 0) >= 0",
)
TERMINALS = table(
    type_into_the_terminal="import fcntl; m, s = os.openpty(); fcntl.ioctl(s, 0x5412, b'x'); True",
    type_into_the_terminal_with_upper_bits="m, s = os.openpty(); sc('ioctl', s, (1 << 32) | 0x5412, b'x') == 0",
    paste_into_the_console="import fcntl; m, s = os.openpty(); fcntl.ioctl(s, 0x541C, b'\\3'); True",
)
ODD_DOORS = table(
    read_kernel_messages_by_call="sc('syslog', 3, ctypes.create_string_buffer(99), 99) > 0",
    set_the_clock="time.clock_settime(time.CLOCK_REALTIME, time.time()); True",
    set_the_clock_the_old_way="sc('settimeofday', struct.pack('=2q', 1, 0), 0) == 0",
    set_the_host_name="socket.sethostname('{marker}') is None",
    use_io_uring="sc('io_uring_setup', 8, ctypes.create_string_buffer(120)) >= 0",
    load_a_bpf_map="sc('bpf', 0, struct.pack('=4I', 2, 4, 4, 1) + bytes(112), 128) >= 0",
    count_events="sc('perf_event_open', struct.pack('=2I', 1, 128) + bytes(120), 0, -1, -1, 0) >= 0",
    handle_page_faults="sc('userfaultfd', 1) >= 0",
    read_the_session_keyring="sc('keyctl', 0, -3, 0, 0, 0) > 0",
    add_a_key="sc('add_key', b'user\\0', b'{marker}\\0', b'x', 1, -4) > 0",
    turn_off_address_randomization="libc.personality(0x0040000) >= 0",
    watch_the_file_system="sc('fanotify_init', 0, 0) >= 0",
    restart_the_machine="sc('reboot', 0xFEE1DEAD, 672274793, 0, 0) == 0",
    load_a_module="sc('init_module', b'x', 1, b'\\0') == 0",
    load_a_kernel="sc('kexec_load', 0, 0, 0, 0) == 0",
    use_a_swap_file="sc('swapon', b'/mnt/data/x\\0', 0) == 0",
    keep_accounts="sc('acct', b'/mnt/data/x\\0') == 0",
    use_a_call_that_no_kernel_has_yet="sc(999) != -1",
)
ATTEMPTS = NETWORK + NETWORK_MORE + FAMILIES + TERMINALS + ODD_DOORS
X86_ONLY = table(
    call_by_the_x32_door="sc(0x40000000 + 39) > 0",
    call_by_the_32_bit_door=(
        "import mmap; m = mmap.mmap(-1, 4096, prot=7); m.write(bytes.fromhex('b814000000cd80c3'));"
        " ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))() > 0"
    ),
    get_at_ports="sc('iopl', 3) == 0",
    change_descriptor_tables="sc('modify_ldt', 0, ctypes.create_string_buffer(99), 99) >= 0",
)
