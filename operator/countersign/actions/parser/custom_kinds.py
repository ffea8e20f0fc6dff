"""Kinds of well-known projects, as their users write them; versions are those in use today.

A line is a group and version, and its kinds: ``Kind``, ``Kind:short,short`` or
``Kind=plural:short`` where the plural is no regular one.
"""

from __future__ import annotations

CUSTOM_KINDS = """
apps.openshift.io/v1 DeploymentConfig:dc
route.openshift.io/v1 Route
build.openshift.io/v1 BuildConfig:bc Build
image.openshift.io/v1 ImageStream:is
project.openshift.io/v1 Project
config.openshift.io/v1 ClusterOperator:co ClusterVersion
machine.openshift.io/v1beta1 Machine MachineSet MachineHealthCheck:mhc
machineconfiguration.openshift.io/v1 MachineConfig:mc MachineConfigPool:mcp
operators.coreos.com/v1alpha1 Subscription:sub,subs ClusterServiceVersion:csv,csvs InstallPlan:ip \
CatalogSource:catsrc
monitoring.coreos.com/v1 Prometheus=prometheuses:prom Alertmanager:am ServiceMonitor:smon \
PodMonitor:pmon PrometheusRule:promrule Probe:prb ThanosRuler:ruler
monitoring.coreos.com/v1alpha1 AlertmanagerConfig:amcfg ScrapeConfig:scfg PrometheusAgent:promagent
operator.victoriametrics.com/v1beta1 VMAgent VMAlert VMAlertmanager VMAlertmanagerConfig VMAuth \
VMCluster VMNodeScrape VMPodScrape VMProbe VMRule VMServiceScrape VMSingle VMStaticScrape VMUser \
VMScrapeConfig
ceph.rook.io/v1 CephCluster CephBlockPool CephFilesystem:cephfs CephObjectStore \
CephObjectStoreUser:objectuser CephClient CephNFS=cephnfses:nfs CephRBDMirror CephFilesystemMirror \
CephFilesystemSubVolumeGroup CephBlockPoolRadosNamespace CephObjectRealm CephObjectZone \
CephObjectZoneGroup CephBucketTopic CephBucketNotification
cert-manager.io/v1 Certificate:cert,certs CertificateRequest:cr,crs Issuer ClusterIssuer
acme.cert-manager.io/v1 Order Challenge
argoproj.io/v1alpha1 Application:app,apps ApplicationSet:appset,appsets \
AppProject:appproj,appprojs Rollout:ro AnalysisRun:ar AnalysisTemplate:at \
ClusterAnalysisTemplate:cat Experiment:exp \
Workflow:wf WorkflowTemplate:wftmpl ClusterWorkflowTemplate:cwft CronWorkflow:cwf,cronwf \
EventSource Sensor EventBus=eventbus:eb
networking.istio.io/v1 VirtualService:vs DestinationRule:dr Gateway:gw ServiceEntry:se Sidecar \
WorkloadEntry:we WorkloadGroup:wg
networking.istio.io/v1alpha3 EnvoyFilter
security.istio.io/v1 AuthorizationPolicy:ap PeerAuthentication:pa RequestAuthentication:ra
telemetry.istio.io/v1 Telemetry:telemetry
keda.sh/v1alpha1 ScaledObject:so ScaledJob:sj TriggerAuthentication:ta \
ClusterTriggerAuthentication:cta
helm.toolkit.fluxcd.io/v2 HelmRelease:hr
kustomize.toolkit.fluxcd.io/v1 Kustomization:ks
source.toolkit.fluxcd.io/v1 GitRepository:gitrepo HelmRepository:helmrepo HelmChart:hc Bucket \
OCIRepository:ocirepo
external-secrets.io/v1 ExternalSecret:es SecretStore:ss ClusterSecretStore:css \
ClusterExternalSecret:ces
bitnami.com/v1alpha1 SealedSecret
velero.io/v1 Backup Restore Schedule BackupStorageLocation:bsl VolumeSnapshotLocation:vsl \
DeleteBackupRequest PodVolumeBackup PodVolumeRestore
snapshot.storage.k8s.io/v1 VolumeSnapshot:vs VolumeSnapshotClass:vsclass,vsclasses \
VolumeSnapshotContent:vsc,vscs
kubevirt.io/v1 VirtualMachine:vm,vms VirtualMachineInstance:vmi,vmis \
VirtualMachineInstanceMigration:vmim,vmims VirtualMachineInstanceReplicaSet:vmirs,vmirss \
KubeVirt:kv,kvs
cdi.kubevirt.io/v1beta1 DataVolume:dv,dvs
longhorn.io/v1beta2 Volume:lhv Replica:lhr Engine:lhe Node:lhn Backup:lhb BackupTarget:lhbt \
BackupVolume:lhbv BackingImage:lhbi EngineImage:lhei InstanceManager:lhim ShareManager:lhsm \
RecurringJob:lhrj Setting:lhs Snapshot:lhsnap Orphan:lho SystemBackup:lhsb SystemRestore:lhsr \
BackingImageManager:lhbim BackingImageDataSource:lhbids BackupBackingImage:lhbbi \
SupportBundle:lhbundle
kafka.strimzi.io/v1beta2 Kafka:k KafkaTopic:kt KafkaUser:ku KafkaConnect:kc KafkaConnector:kctr \
KafkaMirrorMaker2:kmm2 KafkaNodePool:knp KafkaRebalance:kr KafkaBridge:kb
core.strimzi.io/v1beta2 StrimziPodSet:sps
serving.knative.dev/v1 Service:kservice,ksvc Revision:rev Configuration:config,cfg \
DomainMapping:dm
gateway.networking.k8s.io/v1 Gateway:gtw GatewayClass:gc HTTPRoute GRPCRoute
cilium.io/v2 CiliumNetworkPolicy:cnp,ciliumnp CiliumClusterwideNetworkPolicy:ccnp \
CiliumEndpoint:cep,ciliumep CiliumNode:cn,ciliumn CiliumIdentity:ciliumid
crd.projectcalico.org/v1 GlobalNetworkPolicy BGPPeer BGPConfiguration FelixConfiguration \
IPPool HostEndpoint
postgresql.cnpg.io/v1 Cluster Backup ScheduledBackup Pooler Database
acid.zalan.do/v1 Postgresql=postgresqls:pg
postgres-operator.crunchydata.com/v1beta1 PostgresCluster
karpenter.sh/v1 NodePool NodeClaim
karpenter.k8s.aws/v1 EC2NodeClass=ec2nodeclasses:ec2nc,ec2ncs
cluster.x-k8s.io/v1beta1 Cluster:cl Machine:ma MachineDeployment:md MachineSet:ms \
MachineHealthCheck:mhc MachinePool:mp
elasticsearch.k8s.elastic.co/v1 Elasticsearch=elasticsearches:es
kibana.k8s.elastic.co/v1 Kibana=kibanas:kb
rabbitmq.com/v1beta1 RabbitmqCluster:rmq
databases.spotahome.com/v1 RedisFailover:rf
mongodbcommunity.mongodb.com/v1 MongoDBCommunity=mongodbcommunity:mdbc
projectcontour.io/v1 HTTPProxy:proxy,proxies
traefik.io/v1alpha1 IngressRoute Middleware IngressRouteTCP IngressRouteUDP TLSOption
k8s.nginx.org/v1 VirtualServer:vs VirtualServerRoute:vsr
metallb.io/v1beta1 IPAddressPool L2Advertisement BGPAdvertisement
autoscaling.k8s.io/v1 VerticalPodAutoscaler:vpa
kyverno.io/v1 ClusterPolicy:cpol Policy:pol
templates.gatekeeper.sh/v1 ConstraintTemplate
jaegertracing.io/v1 Jaeger
opentelemetry.io/v1beta1 OpenTelemetryCollector:otelcol,otelcols
loki.grafana.com/v1 LokiStack
grafana.integreatly.org/v1beta1 Grafana GrafanaDashboard GrafanaDatasource
sparkoperator.k8s.io/v1beta2 SparkApplication:sparkapp ScheduledSparkApplication:scheduledsparkapp
flink.apache.org/v1beta1 FlinkDeployment:flinkdep
ray.io/v1 RayCluster RayJob RayService
kubeflow.org/v1 PyTorchJob TFJob MPIJob Notebook
jobset.x-k8s.io/v1alpha2 JobSet
kueue.x-k8s.io/v1beta1 Workload ClusterQueue LocalQueue:queue,queues ResourceFlavor:flavor,flavors
crossplane.io/v1 Composition
pkg.crossplane.io/v1 Provider
actions.summerwind.dev/v1alpha1 RunnerDeployment:rdeploy Runner
actions.github.com/v1alpha1 AutoscalingRunnerSet EphemeralRunner
tekton.dev/v1 Pipeline PipelineRun:pr,prs Task TaskRun:tr,trs
machineconfiguration.openshift.io/v1 KubeletConfig ContainerRuntimeConfig
operator.openshift.io/v1 IngressController
autoscaling.openshift.io/v1 ClusterAutoscaler
autoscaling.openshift.io/v1beta1 MachineAutoscaler
hco.kubevirt.io/v1beta1 HyperConverged:hco,hcos
ocs.openshift.io/v1 StorageCluster
nodemaintenance.medik8s.io/v1beta1 NodeMaintenance:nm
piraeus.io/v1 LinstorCluster LinstorSatellite LinstorSatelliteConfiguration LinstorNodeConnection
gateway.networking.k8s.io/v1alpha2 TCPRoute UDPRoute TLSRoute
gateway.networking.k8s.io/v1beta1 ReferenceGrant:refgrant
extensions.istio.io/v1alpha1 WasmPlugin
image.toolkit.fluxcd.io/v1beta2 ImageRepository ImagePolicy ImageUpdateAutomation
flagger.app/v1beta1 Canary MetricTemplate
apps.kruise.io/v1alpha1 CloneSet:clone SidecarSet BroadcastJob
elbv2.k8s.aws/v1beta1 TargetGroupBinding
crd.k8s.amazonaws.com/v1alpha1 ENIConfig
vpcresources.k8s.aws/v1beta1 SecurityGroupPolicy:sgp
secrets-store.csi.x-k8s.io/v1 SecretProviderClass
secrets.hashicorp.com/v1beta1 VaultStaticSecret VaultDynamicSecret VaultAuth VaultConnection
externaldns.k8s.io/v1alpha1 DNSEndpoint
linkerd.io/v1alpha2 ServiceProfile
pingcap.com/v1alpha1 TidbCluster:tc
pxc.percona.com/v1 PerconaXtraDBCluster:pxc
psmdb.percona.com/v1 PerconaServerMongoDB:psmdb
clickhouse.altinity.com/v1 ClickHouseInstallation:chi
cassandra.datastax.com/v1beta1 CassandraDatacenter:cassdc
chaos-mesh.org/v1alpha1 PodChaos=podchaos NetworkChaos=networkchaos StressChaos=stresschaos \
IOChaos=iochaos
litmuschaos.io/v1alpha1 ChaosEngine ChaosExperiment ChaosResult
node.k8s.io/v1 RuntimeClass
"""
