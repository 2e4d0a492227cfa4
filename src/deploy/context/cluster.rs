//! What the templates of Kubernetes may name: objects' names, which change with what they hold, and the way in.

use serde_json::{Value, json};

use super::hash;
use crate::deploy::plan::Place;
use crate::deploy::render::fingerprint;
use crate::deploy::spec::{Entry, Spec};
use crate::deploy::variables::environment;

/// All of it.
pub(super) fn kubernetes(spec: &Spec, place: &Place) -> Value {
    let k8s = &spec.k8s;
    let variables = format!("{:?}", environment(spec, place));
    // Names change with the content, so an apply rolls the pods and a Job runs once per release.
    let release = hash(&[
        &spec.images.web,
        &format!("{:?}", spec.images.web_digest),
        &spec.images.nginx,
        &variables,
    ]);
    let config = hash(&[&variables]);
    let files = format!("{:?}{:?}{:?}{:?}", spec.nginx, spec.server, spec.app, spec.k8s);
    let files = hash(&[&files, &fingerprint()]);
    json!({
        "namespace": k8s.namespace,
        "replicas": k8s.replicas,
        "max_replicas": k8s.max_replicas,
        "target_cpu": k8s.target_cpu,
        "cpu": k8s.cpu,
        "memory": k8s.memory,
        "storage": k8s.storage,
        "static_class": k8s.static_class,
        "pre_stop": k8s.pre_stop,
        // The application goes on until nginx has stopped.
        "pre_stop_web": k8s.pre_stop * 2,
        "sleep_action": spec.targets.kubernetes >= (1, 30),
        "ingress": k8s.ingress == Entry::Ingress,
        "gateway": k8s.ingress == Entry::Gateway,
        "any_entry": k8s.ingress != Entry::None,
        "ingress_class": k8s.ingress_class,
        "ingress_namespace": k8s.ingress_namespace,
        "gateway_name": k8s.gateway.0,
        "gateway_namespace": k8s.gateway.1,
        "tls_secret": k8s.tls_secret,
        "issuer": k8s.issuer,
        "secret_store": k8s.secret_store,
        "monitoring_namespace": k8s.monitoring_namespace,
        "public_names": spec.public_names(),
        "config_map": format!("{}-env-{config}", spec.name),
        "files_config_map": format!("{}-files-{files}", spec.name),
        "job": format!("{}-migrate-{release}", spec.name),
        "secret": format!("{}-secrets", spec.name),
    })
}
