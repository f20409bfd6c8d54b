"""What can go wrong in the cloud.

CloudError
├── SettingsError                 a setting, or a file named by one, says something that cannot be
├── ServiceError                  an embedded service cannot be started, or does not stay up
│   ├── ServiceMissingError       its program is not installed; says which package
│   ├── StateInUseError           another Fieldwatch runs on this state directory
│   ├── StoppedError              we were told to stop before it was up
│   └── AuthorityError            the reserve's certificate authority has lost its keys
├── DatabaseError                 PostgreSQL refused a statement: a bug in ours, or a broken database
│   ├── DatabaseUnavailableError  no connection, or it was lost: try again later
│   │   └── QueryTimeoutError     it took longer than it may: ask for less, or try again later
│   ├── MigrationError            the schema is not the one that this version expects
│   └── RowRefusedError           the data cannot be stored: out of range, or against a constraint
│       └── AlreadyExistsError    its key is taken
├── BrokerError                   no connection to the MQTT broker, or it refused us
├── InvalidMessageError           a node's message cannot be accepted; it belongs into quarantine
├── MediaError                    a picture cannot be stored or read
│   ├── PictureUnreadableError    its file is here, but no picture that can be unpacked
│   └── PictureRemovedError       it was removed by a rule of its reserve; says when and by which
├── LabelFileError                a file of labels is of none of the formats that we read
├── NotAllowedNowError            what an incident is does not allow this action; says which it does
├── DataFileError                a file of hotspots or weather is none that we read
├── FeedError                    a service that we ask for data does not give it; never tells its key
├── LabelConflictError            somebody has labelled the picture since
├── QuestionError                 a question cannot be answered as it was asked; says what to ask instead
├── BusyError                     too much of one costly thing at once: try again in a moment
└── NotFoundError                 no such reserve, node, deployment, ...
"""

from __future__ import annotations


class CloudError(Exception):
    """Any failure that an operator should see as one clear sentence."""


class SettingsError(CloudError):
    pass


class ServiceError(CloudError):
    pass


class ServiceMissingError(ServiceError):
    pass


class StateInUseError(ServiceError):
    pass


class StoppedError(ServiceError):
    pass


class AuthorityError(ServiceError):
    pass


class DatabaseError(CloudError):
    pass


class DatabaseUnavailableError(DatabaseError):
    pass


class QueryTimeoutError(DatabaseUnavailableError):
    pass


class MigrationError(DatabaseError):
    pass


class RowRefusedError(DatabaseError):
    pass


class AlreadyExistsError(RowRefusedError):
    pass


class BrokerError(CloudError):
    pass


class InvalidMessageError(CloudError):
    """Its text is the reason that quarantine shows."""


class MediaError(CloudError):
    pass


class PictureUnreadableError(MediaError):
    pass


class PictureRemovedError(MediaError):
    pass


class LabelFileError(CloudError):
    pass


class NotAllowedNowError(CloudError):
    """The incident is as it was."""


class DataFileError(CloudError):
    pass


class FeedError(CloudError):
    pass


class LabelConflictError(CloudError):
    pass


class QuestionError(CloudError):
    pass


class NotAdmittedError(CloudError):
    pass


class BusyError(CloudError):
    pass


class NotFoundError(CloudError):
    pass
