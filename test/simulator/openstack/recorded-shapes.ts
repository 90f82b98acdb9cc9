// Members and their kinds as the samples of the API references have them, written down by hand from these files:
// nova `doc/api_samples`, neutron-lib `api-ref/source/v2/samples`, keystone `api-ref/source/v3/samples/admin`,
// cinder `api-ref/source/v3/samples`, glance `api-ref/source/v2/samples`, octavia `api-ref/source/v2/examples`.

/** `text`, `number`, `boolean`, `list`, `object`; with `?` it may be null, too. */
export type Shape = { readonly [member: string]: string };

function shape(text: string): Shape {
  return Object.fromEntries(
    text
      .trim()
      .split(/\s+/)
      .map((part) => {
        const at = part.lastIndexOf("=");
        return [part.slice(0, at), part.slice(at + 1)];
      }),
  );
}

export const RECORDED = {
  /** servers/v2.100/servers-details-resp.json, and what an administrator gets (servers/v2.96). */
  server:
    shape(`accessIPv4=text accessIPv6=text addresses=object created=text description=text? flavor=object hostId=text
    id=text image=object key_name=text? links=list metadata=object name=text config_drive=text locked=boolean
    locked_reason=text? OS-DCF:diskConfig=text OS-EXT-AZ:availability_zone=text OS-EXT-SRV-ATTR:hostname=text
    OS-EXT-STS:power_state=number OS-EXT-STS:task_state=text? OS-EXT-STS:vm_state=text
    os-extended-volumes:volumes_attached=list OS-SRV-USG:launched_at=text? OS-SRV-USG:terminated_at=text?
    pinned_availability_zone=text? progress=number scheduler_hints=object security_groups=list status=text tags=list
    tenant_id=text trusted_image_certificates=list? updated=text user_id=text host_status=text
    OS-EXT-SRV-ATTR:host=text OS-EXT-SRV-ATTR:hypervisor_hostname=text OS-EXT-SRV-ATTR:instance_name=text
    OS-EXT-SRV-ATTR:kernel_id=text OS-EXT-SRV-ATTR:ramdisk_id=text OS-EXT-SRV-ATTR:launch_index=number
    OS-EXT-SRV-ATTR:reservation_id=text OS-EXT-SRV-ATTR:root_device_name=text OS-EXT-SRV-ATTR:user_data=text?`),
  serverFlavor: shape(
    "disk=number ephemeral=number extra_specs=object original_name=text ram=number swap=number vcpus=number",
  ),
  serverAddress: shape("addr=text OS-EXT-IPS-MAC:mac_addr=text OS-EXT-IPS:type=text version=number"),
  /** flavors/v2.75/flavors-detail-resp.json */
  flavor: shape(`OS-FLV-DISABLED:disabled=boolean disk=number OS-FLV-EXT-DATA:ephemeral=number
    os-flavor-access:is_public=boolean id=text links=list name=text ram=number swap=number vcpus=number rxtx_factor=number
    description=text? extra_specs=object`),
  /** os-hypervisors/v2.53/hypervisors-detail-resp.json */
  hypervisor53: shape(`cpu_info=object current_workload=number status=text state=text disk_available_least=number
    host_ip=text free_disk_gb=number free_ram_mb=number hypervisor_hostname=text hypervisor_type=text
    hypervisor_version=number id=text local_gb=number local_gb_used=number memory_mb=number memory_mb_used=number
    running_vms=number service=object vcpus=number vcpus_used=number`),
  /** os-hypervisors/v2.88/hypervisors-detail-with-servers-resp.json */
  hypervisor88: shape(`host_ip=text hypervisor_hostname=text hypervisor_type=text hypervisor_version=number id=text
    servers=list service=object state=text status=text uptime=text?`),
  /** os-services/v2.53/services-list-get-resp.json */
  service: shape(`id=text binary=text disabled_reason=text? host=text state=text status=text updated_at=text
    forced_down=boolean zone=text`),
  /** os-aggregates/v2.41/aggregates-list-get-resp.json */
  aggregate: shape(`availability_zone=text created_at=text deleted=boolean deleted_at=text? hosts=list id=number
    metadata=object name=text updated_at=text? uuid=text`),
  /** os-availability-zone/availability-zone-detail-resp.json */
  zone: shape("hosts=object zoneName=text zoneState=object"),
  /** ports/ports-list-response.json without `dns_*` and `uplink_status_propagation`, with `binding:*` of administrators. */
  port: shape(`admin_state_up=boolean allowed_address_pairs=list created_at=text data_plane_status=text? description=text
    device_id=text device_owner=text extra_dhcp_opts=list fixed_ips=list id=text ip_allocation=text mac_address=text
    name=text network_id=text project_id=text revision_number=number security_groups=list status=text tags=list
    tenant_id=text updated_at=text qos_policy_id=text? port_security_enabled=boolean binding:host_id=text
    binding:vif_type=text binding:vif_details=object binding:vnic_type=text binding:profile=object`),
  /** networks/networks-list-response.json, and what the extensions that are there add. */
  network:
    shape(`status=text subnets=list name=text provider:physical_network=text? admin_state_up=boolean project_id=text
    tenant_id=text qos_policy_id=text? provider:network_type=text router:external=boolean mtu=number shared=boolean id=text
    provider:segmentation_id=number? description=text availability_zone_hints=list availability_zones=list
    ipv4_address_scope=text? ipv6_address_scope=text? l2_adjacency=boolean port_security_enabled=boolean tags=list
    created_at=text updated_at=text revision_number=number`),
  /** subnets/subnets-list-response.json */
  subnet: shape(`name=text enable_dhcp=boolean network_id=text segment_id=text? project_id=text tenant_id=text
    dns_nameservers=list allocation_pools=list host_routes=list ip_version=number gateway_ip=text cidr=text id=text
    created_at=text description=text ipv6_address_mode=text? ipv6_ra_mode=text? revision_number=number service_types=list
    subnetpool_id=text? tags=list updated_at=text`),
  /** routers/routers-list-response.json */
  router: shape(`admin_state_up=boolean availability_zone_hints=list availability_zones=list description=text
    distributed=boolean external_gateway_info=object ha=boolean id=text name=text revision_number=number routes=list
    status=text project_id=text tenant_id=text flavor_id=text? tags=list created_at=text updated_at=text`),
  /** floatingips/floating-ips-list-response.json without `dns_*` */
  floatingip:
    shape(`router_id=text? description=text created_at=text updated_at=text revision_number=number project_id=text
    tenant_id=text floating_network_id=text fixed_ip_address=text? floating_ip_address=text port_id=text? id=text
    status=text port_details=object? tags=list qos_policy_id=text?`),
  /** security-groups/security-groups-list-response.json */
  securityGroup:
    shape(`description=text id=text name=text security_group_rules=list project_id=text revision_number=number
    created_at=text updated_at=text tags=list tenant_id=text stateful=boolean shared=boolean`),
  rule: shape(`direction=text ethertype=text id=text port_range_max=number? port_range_min=number? protocol=text?
    remote_group_id=text? remote_ip_prefix=text? security_group_id=text project_id=text revision_number=number
    tenant_id=text created_at=text updated_at=text description=text`),
  /** agents/agents-list-response.json */
  agent: shape(`binary=text description=text? availability_zone=text? heartbeat_timestamp=text admin_state_up=boolean
    alive=boolean id=text topic=text host=text agent_type=text started_at=text created_at=text resources_synced=boolean?
    configurations=object`),
  availabilityZone: shape("state=text resource=text name=text"),
  /** segments/segments-list-response.json */
  segment: shape(`name=text? network_id=text segmentation_id=number? network_type=text physical_network=text? id=text
    description=text? created_at=text updated_at=text revision_number=number`),
  /** neutron/db/network_ip_availability_db.py */
  availability: shape(`network_id=text network_name=text tenant_id=text project_id=text subnet_ip_availability=list
    used_ips=number total_ips=number`),
  subnetAvailability: shape(
    "subnet_id=text ip_version=number cidr=text subnet_name=text used_ips=number total_ips=number",
  ),
  /** projects-list-response.json, with `tags` and `options` of later versions */
  project: shape(`is_domain=boolean description=text? domain_id=text enabled=boolean id=text links=object name=text
    parent_id=text? tags=list options=object`),
  /** volumes/v3.65/volumes-list-detailed-response.json */
  volume: shape(`attachments=list availability_zone=text bootable=text consistencygroup_id=text? created_at=text
    description=text? encrypted=boolean id=text links=list metadata=object migration_status=text? multiattach=boolean
    name=text? os-vol-host-attr:host=text? os-vol-mig-status-attr:migstat=text? os-vol-mig-status-attr:name_id=text?
    os-vol-tenant-attr:tenant_id=text replication_status=text? size=number snapshot_id=text? source_volid=text? status=text
    updated_at=text? user_id=text volume_type=text volume_type_id=text provider_id=text? group_id=text? service_uuid=text?
    shared_targets=boolean cluster_name=text? consumes_quota=boolean`),
  /** services-list-response.json */
  volumeService: shape("status=text binary=text zone=text state=text updated_at=text host=text disabled_reason=text?"),
  /** images-list-response.json */
  image: shape(`status=text name=text tags=list container_format=text created_at=text disk_format=text updated_at=text
    visibility=text self=text min_disk=number protected=boolean id=text file=text checksum=text os_hash_algo=text
    os_hash_value=text os_hidden=boolean owner=text size=number min_ram=number schema=text virtual_size=number?`),
  /** loadbalancers-list-response.json, and what later versions add */
  loadBalancer: shape(`description=text admin_state_up=boolean project_id=text tenant_id=text provisioning_status=text
    flavor_id=text? vip_subnet_id=text listeners=list vip_address=text vip_network_id=text vip_port_id=text provider=text
    pools=list created_at=text updated_at=text id=text operating_status=text name=text tags=list additional_vips=list
    availability_zone=text? vip_qos_policy_id=text?`),
  /** Placement API reference, GET /resource_providers */
  provider: shape(
    "uuid=text name=text generation=number links=list parent_provider_uuid=text? root_provider_uuid=text",
  ),
  inventory: shape(
    "allocation_ratio=number max_unit=number min_unit=number reserved=number step_size=number total=number",
  ),
} as const;
