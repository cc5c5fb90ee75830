"""A small real Vitam platform in Docker: systemd hosts, sshd, a real sharded MongoDB, stand-ins of Vitam's services."""
