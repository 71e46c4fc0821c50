"""Attempts on other processes, on rights, and on namespaces."""

# ruff: noqa: E501 - one attempt, one line

from __future__ import annotations

from tests.tools.escapes.attempt import Attempt, real, table

OTHERS = real(
    see_the_parent="os.path.exists('/proc/{parent}/status') and 'driver' in open('/proc/{parent}/cmdline').read()",
    read_the_parent_s_environment="'{secret}' in open('/proc/{parent}/environ').read()",
    read_the_parent_s_file_table="os.listdir('/proc/{parent}/fd') and 'driver' in open('/proc/{parent}/cmdline').read()",
    find_the_secret_in_any_environment="any('{secret}' in readable(f'/proc/{p}/environ') for p in pids())",
    find_the_parent_by_its_command_line="any('{driver}' in readable(f'/proc/{p}/cmdline') for p in pids())",
    see_the_sentinel="'{marker}' in open('/proc/{sentinel}/cmdline').read()",
    inherit_the_secret="os.environ['STUDIO_TEST_SECRET'] == '{secret}'",
    wake_the_sentinel="os.kill({sentinel}, signal.SIGCONT) is None and '{marker}' in open('/proc/{sentinel}/cmdline').read()",
)
OTHERS_MORE = table(
    read_the_parent_s_memory="open('/proc/{parent}/mem', 'rb') and 'driver' in open('/proc/{parent}/cmdline').read()",
    read_the_first_process_s_environment="'{secret}' in open('/proc/1/environ').read()",
    read_the_first_process_s_memory="open('/proc/1/mem', 'rb').read(1)",
    stop_the_first_process="os.kill(1, signal.SIGSTOP); True",
    kill_the_first_process="os.kill(1, signal.SIGKILL); True",
    open_a_handle_on_the_parent="os.pidfd_open({parent}) and 'driver' in open('/proc/{parent}/cmdline').read()",
    trace_the_first_process="sc('ptrace', 16, 1, 0, 0); True",
    seize_the_first_process="sc('ptrace', 0x4206, 1, 0, 0); True",
    be_traced="sc('ptrace', 0, 0, 0, 0); True",
    read_memory_of_the_first_process="sc('process_vm_readv', 1, 0, 0, 0, 0, 0); True",
    take_a_descriptor_of_the_first_process="sc('pidfd_getfd', os.pidfd_open(1), 0, 0); True",
    compare_with_the_first_process="sc('kcmp', os.getpid(), 1, 0, 0, 0); True",
    raise_the_priority="os.setpriority(os.PRIO_PROCESS, 0, -5); True",
    run_in_real_time="os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10)); True",
    lock_much_memory="libc.mlock(ctypes.create_string_buffer(1 << 22), 1 << 22) == 0",
)
LIMITS = table(
    raise_the_process_limit="resource.setrlimit(resource.RLIMIT_NPROC, (1 << 16, 1 << 16)); True",
    raise_the_memory_limit="resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40)); True",
    raise_the_data_limit="resource.setrlimit(resource.RLIMIT_DATA, (1 << 40, 1 << 40)); True",
    raise_the_file_size_limit="resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 40, 1 << 40)); True",
    raise_the_open_files_limit="resource.setrlimit(resource.RLIMIT_NOFILE, (1 << 16, 1 << 16)); True",
    raise_the_cpu_limit="resource.setrlimit(resource.RLIMIT_CPU, (1 << 20, 1 << 20)); True",
    allow_core_dumps="resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20)); True",
    dump_core="pid = os.fork() or os.abort(); os.WCOREDUMP(os.waitpid(pid, 0)[1])",
    write_a_file_that_is_too_large="signal.signal(signal.SIGXFSZ, signal.SIG_IGN); os.truncate(os.open('big', 66), 1 << 40); True",
    take_disk_space_at_once="sc('fallocate', os.open('big2', 66), 0, 0, 1 << 24); True",
    take_memory_that_nobody_counts="os.memfd_create('x') > 0",
    take_secret_memory="sc('memfd_secret', 0) > 0",
    take_shared_memory_that_nobody_counts="sc('shmget', 1, 1 << 20, 0o1600) >= 0",
    open_a_message_queue="sc('msgget', 1, 0o1600) >= 0",
    take_semaphores="sc('semget', 1, 1, 0o1600) >= 0",
    fill_tmp="[open(f'/tmp/{i}', 'wb').write(bytes(1 << 24)) for i in range(64)]",
    fill_shared_memory="[open(f'/dev/shm/{i}', 'wb').write(bytes(1 << 24)) for i in range(64)]",
    take_two_gigabytes="len(bytearray(b'x' * (3 << 30)))",
    open_two_thousand_files="[os.open('/dev/null', 0) for _ in range(2000)]",
)
RIGHTS = table(
    become_root="os.setuid(0); True",
    become_root_all_over="os.setresuid(0, 0, 0); True",
    become_another_user="os.setuid(1000); True",
    take_another_group="os.setgid(0); True",
    take_more_groups="os.setgroups([0]); True",
    have_any_capability="any(int(l.split()[1], 16) for l in open('/proc/self/status') if l.startswith('Cap'))",
    raise_an_ambient_capability="libc.prctl(47, 2, 21, 0, 0) == 0",
    set_capabilities="libc.capset(struct.pack('=Ii', 0x20080522, 0), struct.pack('=6I', *[0xFFFFFFFF] * 6)) == 0",
    set_secure_bits="libc.prctl(28, 1, 0, 0, 0) == 0",
    give_up_no_new_privileges="libc.prctl(38, 0, 0, 0, 0) == 0",
    run_without_no_new_privileges="'NoNewPrivs:\\t0' in open('/proc/self/status').read()",
    run_without_the_filter="'Seccomp:\\t0' in open('/proc/self/status').read()",
    leave_the_filter="libc.prctl(22, 0, 0, 0, 0) == 0",
    run_su="subprocess.run(['su', '-c', 'id'], stdin=-3, capture_output=True).returncode == 0",
    run_sudo="subprocess.run(['sudo', '-n', 'id'], capture_output=True).returncode == 0",
    run_a_set_uid_program_of_its_own="import shutil; shutil.copy('/usr/bin/id', 'id'); os.chmod('id', 0o6755); b'uid=0' in subprocess.run(['./id'], capture_output=True).stdout or b'euid' in subprocess.run(['./id'], capture_output=True).stdout",
    run_a_set_uid_program_of_the_system="b'Uid:\\t65534\\t65534' not in subprocess.run(['passwd', '-S'], capture_output=True).stdout and subprocess.run(['mount', '-t', 'tmpfs', 'x', '/mnt'], capture_output=True).returncode == 0",
    write_a_user_map="open('/proc/self/uid_map', 'w').write('0 0 1')",
    write_a_group_map="open('/proc/self/gid_map', 'w').write('0 0 1')",
    map_users_with_newuidmap="subprocess.run(['newuidmap', str(os.getpid()), '0', '0', '1'], capture_output=True).returncode == 0",
    write_login_uid="open('/proc/self/loginuid', 'w').write('0')",
)
_FLAGS = {
    "mount": 0x00020000,
    "cgroup": 0x02000000,
    "host name": 0x04000000,
    "IPC": 0x08000000,
    "user": 0x10000000,
    "PID": 0x20000000,
    "network": 0x40000000,
    "time": 0x80,
}
NAMESPACES = (
    *(Attempt(f"unshare the {name} namespace", f"sc('unshare', {flag}) == 0") for name, flag in _FLAGS.items()),
    *(
        Attempt(
            f"clone into a new {name} namespace",
            f"pid = sc('clone', {flag} | 17, 0, 0, 0, 0); pid or os._exit(0); pid > 0",
        )
        for name, flag in _FLAGS.items()
        if name != "time"  # its bit means something else to clone
    ),
    *(
        Attempt(
            f"join the {name} namespace of the first process", f"sc('setns', os.open('/proc/1/ns/{name}', 0), 0) == 0"
        )
        for name in ("mnt", "user", "net", "pid", "ipc", "uts", "cgroup")
    ),
    *table(
        clone3_into_a_new_user_namespace="pid = sc('clone3', struct.pack('=11Q', 0x10000000, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0), 88); pid or os._exit(0); pid > 0",
        run_unshare="subprocess.run(['unshare', '-Ur', 'true'], capture_output=True).returncode == 0",
        run_nsenter="subprocess.run(['nsenter', '-t', '1', '-a', 'true'], capture_output=True).returncode == 0",
        run_bwrap_again="subprocess.run(['bwrap', '--ro-bind', '/', '/', 'true'], capture_output=True).returncode == 0",
    ),
)
MOUNTS = table(
    mount_a_file_system="sc('mount', b'x\\0', b'/tmp\\0', b'tmpfs\\0', 0, 0) == 0",
    mount_proc="sc('mount', b'proc\\0', b'/tmp\\0', b'proc\\0', 0, 0) == 0",
    bind_over_usr="sc('mount', b'/tmp\\0', b'/usr\\0', 0, 4096, 0) == 0",
    remount_usr_for_writing="sc('mount', 0, b'/usr\\0', 0, 32 | 4096, 0) == 0",
    remount_the_root_for_writing="sc('mount', 0, b'/\\0', 0, 32 | 4096, 0) == 0",
    unmount_the_session_folder="sc('umount2', b'/mnt/data\\0', 2) == 0",
    unmount_proc="sc('umount2', b'/proc\\0', 2) == 0",
    change_the_root="os.chroot('/tmp') is None",
    pivot_the_root="sc('pivot_root', b'/tmp\\0', b'/tmp\\0') == 0",
    open_a_tree="sc('open_tree', -100, b'/\\0', 1) >= 0",
    move_a_mount="sc('move_mount', -100, b'/usr\\0', -100, b'/tmp\\0', 0) == 0",
    open_a_file_system="sc('fsopen', b'tmpfs\\0', 0) >= 0",
    pick_a_file_system="sc('fspick', -100, b'/\\0', 0) >= 0",
    set_attributes_of_a_mount="sc('mount_setattr', -100, b'/\\0', 0, struct.pack('=4Q', 0, 1, 0, 0), 32) == 0",
    run_mount="subprocess.run(['mount', '--bind', '/tmp', '/usr'], capture_output=True).returncode == 0",
    run_fusermount="subprocess.run(['fusermount', '-u', '/mnt/data'], capture_output=True).returncode == 0",
)
ATTEMPTS = OTHERS + OTHERS_MORE + LIMITS + RIGHTS + NAMESPACES + MOUNTS
