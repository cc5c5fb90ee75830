"""What runs inside a host of the lab: provisioning, cluster set-up, probes, switches. Started through docker exec."""
